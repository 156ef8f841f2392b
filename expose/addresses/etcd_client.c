/* SPDX-License-Identifier: Apache-2.0 */
/* Calls to etcd: endpoints, authentication, and what a status means. */
#include "expose/addresses/etcd_client.h"

#include "base/clock.h"
#include "base/file.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

enum { PASSWORD_MAX = 1024, RETRY_MS = 1000, READ_MS = 1200, URL_TEXT = ETCD_ENDPOINT + 32 };
/* Of gRPC, which the gateway adds to an answer. */
enum { GRPC_INVALID_ARGUMENT = 3, GRPC_UNAUTHENTICATED = 16 };

int etcd_client_open(struct etcd_client *c, const cJSON *config, struct failure *f)
{
	if (etcd_config_read(&c->config, config, f) == 0 &&
	    http_open(&c->http, &c->config.identity, f) == 0)
		return 0;
	etcd_config_release(&c->config);
	return -1;
}

void etcd_client_release(struct etcd_client *c)
{
	http_release(&c->http);
	etcd_config_release(&c->config);
	explicit_bzero(c->authorization, sizeof c->authorization);
}

void etcd_endpoint_next(struct etcd_client *c)
{
	c->endpoint = (c->endpoint + 1) % c->config.n_endpoints;
}

/* A request to one endpoint, and its answer. */
struct attempt {
	const struct etcd_request *request;
	int64_t end; /* ms: when no time is left */
	long status;
	cJSON *answer; /* owned; NULL: not JSON */
	bool sent;
};

static void attempt_release(struct attempt *a)
{
	json_release(&a->answer);
}

static struct http_request http_request_of(const struct etcd_client *c,
                                           const struct etcd_request *r, char url[static URL_TEXT])
{
	struct http_request h = { r->what, "POST", url,      { "Content-Type: application/json" },
		                  r->body, 0,      r->writes };

	snprintf(url, URL_TEXT, "%s%s", c->config.endpoints[c->endpoint], r->path);
	/* A member that has lost the others answers so at once. */
	h.headers[1] = "Grpc-Metadata-hasleader: true";
	h.headers[2] = *c->authorization ? c->authorization : NULL;
	return h;
}

/* Returns 0 with the status and the answer, or -1. */
static int attempt_make(struct etcd_client *c, struct attempt *a, struct failure *f)
{
	OWNED(http_answer_release) struct http_answer answer = { .body = NULL };
	struct failure unread = { 0 };
	char url[URL_TEXT];
	struct http_request h = http_request_of(c, a->request, url);
	int64_t left = a->end - clock_milliseconds();

	json_release(&a->answer);
	/* What only reads has time for another endpoint. */
	if (!a->request->writes && c->config.n_endpoints > 1 && left > READ_MS)
		left = READ_MS;
	h.milliseconds = left < 1 ? 1 : (unsigned)left;
	const int done = http_call(&c->http, &h, &answer, f);
	a->sent = answer.sent;
	a->status = answer.status;
	if (done == 0 && answer.body)
		a->answer = json_parse(answer.body, answer.length, "etcd's answer", &unread);
	return done;
}

/* Reads the password, which the caller frees. */
static char *password_read(const char *path, struct failure *f)
{
	OWNED(fd_release) int fd = openat(AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
	OWNED(text_release) char *text = NULL;
	size_t length;

	if (fd < 0 || file_read_all(fd, PASSWORD_MAX, &text, &length) < 0) {
		fail_errno(f, errno, "read etcd's password in %s", path);
		return NULL;
	}
	text[strcspn(text, "\r\n")] = '\0';
	return text_take(&text);
}

static char *authenticate_body(const struct etcd_client *c, struct failure *f)
{
	OWNED(text_release) char *password = password_read(c->config.password_file, f);
	OWNED(json_release) cJSON *body = cJSON_CreateObject();

	if (!password)
		return NULL;
	cJSON_AddStringToObject(body, "name", c->config.user);
	cJSON_AddStringToObject(body, "password", password);
	char *text = json_text(body);
	if (!text)
		fail_errno(f, ENOMEM, "authenticate at etcd");
	return text;
}

static int status_fail(const struct etcd_client *c, const struct attempt *a, struct failure *f)
{
	return fail(f, CNI_AGAIN, etcd_error(a->answer) ?: "the answer is not JSON",
	            "%s at %s: status %ld", a->request->what, c->config.endpoints[c->endpoint],
	            a->status);
}

static int authenticate(struct etcd_client *c, int64_t end, struct failure *f)
{
	OWNED(text_release) char *body = authenticate_body(c, f);
	const struct etcd_request r = { "authenticate", "/v3/auth/authenticate", body, false };
	OWNED(attempt_release) struct attempt a = { .request = &r, .end = end };
	char token[ETCD_TOKEN];

	c->authorization[0] = '\0';
	if (!body || attempt_make(c, &a, f) < 0)
		return -1;
	if (a.status != 200 || !etcd_token(a.answer, token))
		return status_fail(c, &a, f);
	snprintf(c->authorization, sizeof c->authorization, "Authorization: %s", token);
	explicit_bzero(token, sizeof token);
	return 0;
}

/* Returns whether the answer says that our token is no longer valid. Nothing was done then. */
static bool token_is_over(const struct attempt *a)
{
	const char *error = etcd_error(a->answer);
	int64_t code;

	if (a->status == 401)
		return true;
	return error && json_integer(json_member(a->answer, "code"), &code) &&
	       (code == GRPC_UNAUTHENTICATED ||
	        (code == GRPC_INVALID_ARGUMENT && strstr(error, "revision in header is old")));
}

/* Asks one endpoint, with a new token if that is needed. Returns 0 with the answer, or -1 with
 * a->sent. */
static int endpoint_ask(struct etcd_client *c, struct attempt *a, struct failure *f)
{
	const bool user = *c->config.user;

	a->sent = false;
	if (user && !*c->authorization && authenticate(c, a->end, f) < 0)
		return -1;
	if (attempt_make(c, a, f) < 0)
		return -1;
	if (!user || !token_is_over(a))
		return 0;
	a->sent = false;
	return authenticate(c, a->end, f) < 0 ? -1 : attempt_make(c, a, f);
}

/* What a status other than 200 means. */
static enum engine_answer status_answer(long status)
{
	if (status == 429)
		return ENGINE_THROTTLED;
	return status >= 500 || status < 400 ? ENGINE_UNKNOWN : ENGINE_REFUSED;
}

/* Asks endpoints until one answers with a status that another one would not change. */
static enum engine_answer endpoints_ask(struct etcd_client *c, struct attempt *a,
                                        struct failure *all)
{
	for (size_t tried = 0; tried < c->config.n_endpoints; tried++) {
		struct failure one = { 0 };
		enum engine_answer meaning = ENGINE_UNKNOWN;
		if (endpoint_ask(c, a, &one) == 0) {
			if (a->status == 200 && a->answer)
				return ENGINE_OK;
			status_fail(c, a, &one);
			meaning = status_answer(a->status);
		}
		failure_join(all, &one);
		if (meaning != ENGINE_UNKNOWN)
			return meaning;
		etcd_endpoint_next(c);
		if ((a->sent && a->request->writes) || clock_milliseconds() >= a->end)
			break;
	}
	return ENGINE_UNKNOWN;
}

enum engine_answer etcd_call(struct etcd_client *c, const struct etcd_request *r, cJSON **answer,
                             struct failure *f)
{
	OWNED(attempt_release)
	struct attempt a = { .request = r, .end = clock_milliseconds() + ENGINE_CALL_MS };
	struct failure all = { 0 };

	if (!r->body) {
		fail_errno(f, ENOMEM, "%s", r->what);
		return ENGINE_REFUSED;
	}
	const enum engine_answer meaning = endpoints_ask(c, &a, &all);
	if (meaning == ENGINE_OK)
		*answer = json_take(&a.answer);
	else
		failure_pass(f, &all);
	c->engine->retry_ms = RETRY_MS;
	return meaning;
}

enum engine_answer etcd_stream(struct etcd_client *c, const struct etcd_request *r,
                               struct http_stream *s, struct loop *l, struct failure *f)
{
	char url[URL_TEXT];

	if (*c->config.user && !*c->authorization &&
	    authenticate(c, clock_milliseconds() + ENGINE_CALL_MS, f) < 0) {
		etcd_endpoint_next(c);
		return ENGINE_UNKNOWN;
	}
	struct http_request h = http_request_of(c, r, url);
	h.milliseconds = ENGINE_CALL_MS;
	if (!r->body)
		fail_errno(f, ENOMEM, "%s", r->what);
	if (!r->body || http_stream_open(s, l, &c->config.identity, &h, f) < 0)
		return ENGINE_UNKNOWN;
	return ENGINE_OK;
}
