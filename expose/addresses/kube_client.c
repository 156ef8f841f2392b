/* SPDX-License-Identifier: Apache-2.0 */
/* Calls to the Kubernetes API. */
#include "expose/addresses/kube_client.h"

#include "base/clock.h"
#include "base/file.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

enum { RETRY_MS = 1000, TOKEN_MS = 5000, URL_TEXT = KUBE_SERVER + 1536 };

int kube_client_open(struct kube_client *c, const cJSON *config, struct failure *f)
{
	if (kube_config_read(&c->config, config, f) == 0 &&
	    http_open(&c->http, &c->config.identity, f) == 0)
		return 0;
	kube_config_release(&c->config);
	return -1;
}

void kube_client_release(struct kube_client *c)
{
	http_release(&c->http);
	kube_config_release(&c->config);
}

/* Returns the token, which the caller frees; or NULL, with a failure, or without a token. */
static char *token_read(const struct kube_config *c, struct failure *f)
{
	OWNED(fd_release) int fd = -1;
	OWNED(text_release) char *text = NULL;
	size_t length = 0;

	if (!c->token_file && !c->token)
		return NULL;
	if (c->token_file)
		fd = openat(AT_FDCWD, c->token_file, O_RDONLY | O_CLOEXEC);
	else
		text = strdup(c->token);
	if (c->token_file ? fd < 0 || file_read_all(fd, KUBE_TOKEN, &text, &length) < 0 : !text) {
		fail_errno(f, errno, "read the token in %s", c->token_file ?: "the kubeconfig");
		return NULL;
	}
	text[strcspn(text, "\r\n")] = '\0';
	return text_take(&text);
}

/* The texts of a request, which libcurl borrows. */
struct texts {
	char url[URL_TEXT];
	char *token;         /* owned; NULL: none */
	char *authorization; /* owned; NULL: none */
};

static void texts_release(struct texts *t)
{
	text_release(&t->token);
	text_release(&t->authorization);
}

static int texts_make(struct texts *t, const struct kube_client *c, const struct kube_request *r,
                      struct failure *f)
{
	if (snprintf(t->url, sizeof t->url, "%s%s", c->config.server, r->path) >=
	    (int)sizeof t->url)
		return fail(f, CNI_CONFIG, "the URL is too long", "%s", r->what);
	t->token = token_read(&c->config, f);
	if (f->code)
		return -1;
	if (t->token && asprintf(&t->authorization, "Authorization: Bearer %s", t->token) < 0) {
		t->authorization = NULL;
		return fail_errno(f, ENOMEM, "%s", r->what);
	}
	return 0;
}

static const char *const accepts[] = {
	[KUBE_OBJECT] = "Accept: application/json",
	[KUBE_OPTIONAL] = "Accept: application/json",
	[KUBE_METADATA] = ("Accept: application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,"
	                   "application/json"),
	[KUBE_TABLE] = "Accept: application/json;as=Table;g=meta.k8s.io;v=v1",
};

static struct http_request http_request_of(const struct kube_request *r, const struct texts *t)
{
	struct http_request h = { .what = r->what, .method = r->method, .url = t->url };
	const char *kind = strcmp(r->method, "PATCH") != 0 ? "Content-Type: application/json"
	                   : r->body && *r->body == '['
	                           ? "Content-Type: application/json-patch+json"
	                           : "Content-Type: application/merge-patch+json";
	size_t n = 0;

	h.headers[n++] = accepts[r->accept];
	if (r->body)
		h.headers[n++] = kind;
	if (t->authorization)
		h.headers[n++] = t->authorization;
	h.body = r->body;
	h.once = strcmp(r->method, "GET") != 0;
	return h;
}

static enum engine_answer meaning_of(const struct http_answer *a, bool tree, cJSON **json)
{
	struct failure unread = { 0 };
	const char *why;
	size_t at;

	if (!a->body)
		return kube_meaning(a->status, false, NULL);
	if (!tree && a->status == 200)
		return kube_meaning(a->status, json_check(a->body, a->length, &why, &at), NULL);
	*json = json_parse(a->body, a->length, "the answer", &unread);
	return kube_meaning(a->status, *json != NULL, *json);
}

/* What comes of a call: either a tree, or the answer's text. */
struct outcome {
	cJSON **tree; /* NULL: the text is wanted */
	struct http_answer *text;
	long status; /* 0 without an answer */
};

/* Makes one call. Returns the meaning of the answer. */
static enum engine_answer attempt(struct kube_client *c, const struct kube_request *r,
                                  const struct texts *t, int64_t end, struct outcome *o,
                                  struct failure *f)
{
	OWNED(http_answer_release) struct http_answer a = { .body = NULL };
	OWNED(json_release) cJSON *json = NULL;
	struct http_request h = http_request_of(r, t);
	const int64_t left = end - clock_milliseconds();

	o->status = 0;
	h.milliseconds = left < 1 ? 1 : (unsigned)left;
	if (http_call(&c->http, &h, &a, f) < 0)
		return ENGINE_UNKNOWN;
	const enum engine_answer meaning = r->accept == KUBE_OPTIONAL && a.status == 404
	                                           ? ENGINE_NONE
	                                           : meaning_of(&a, o->tree, &json);
	o->status = a.status;
	if (meaning != ENGINE_OK && meaning != ENGINE_NONE && meaning != ENGINE_CONFLICT)
		fail(f, CNI_AGAIN, kube_message(json) ?: a.body ?: "", "%s at %.200s: status %ld",
		     r->what, t->url, a.status);
	c->engine->retry_ms = a.retry_after     ? a.retry_after * 1000
	                      : a.status == 401 ? TOKEN_MS
	                                        : RETRY_MS;
	if (meaning == ENGINE_OK && o->tree)
		*o->tree = json_take(&json);
	else if (meaning == ENGINE_OK) {
		*o->text = a;
		a.body = NULL;
	}
	return meaning;
}

static enum engine_answer call(struct kube_client *c, const struct kube_request *r,
                               struct outcome *o, struct failure *f)
{
	OWNED(texts_release) struct texts first = { .token = NULL }, second = { .token = NULL };
	const int64_t end = clock_milliseconds() + ENGINE_CALL_MS;
	struct failure refused = { 0 };

	if (texts_make(&first, c, r, f) < 0)
		return ENGINE_UNKNOWN;
	const enum engine_answer got = attempt(c, r, &first, end, o, &refused);
	/* The token may have been replaced while it was on its way. */
	if (o->status == 401 && first.token && texts_make(&second, c, r, f) == 0 && second.token &&
	    strcmp(first.token, second.token) != 0)
		return attempt(c, r, &second, end, o, f);
	if (refused.code)
		failure_pass(f, &refused);
	return got;
}

enum engine_answer kube_call(struct kube_client *c, const struct kube_request *r, cJSON **answer,
                             struct failure *f)
{
	struct outcome o = { .tree = answer };

	return call(c, r, &o, f);
}

enum engine_answer kube_call_text(struct kube_client *c, const struct kube_request *r,
                                  struct http_answer *answer, struct failure *f)
{
	struct outcome o = { .text = answer };

	return call(c, r, &o, f);
}

enum engine_answer kube_stream(struct kube_client *c, const struct kube_request *r,
                               struct http_stream *s, struct loop *l, struct failure *f)
{
	OWNED(texts_release) struct texts t = { .token = NULL };

	if (texts_make(&t, c, r, f) < 0)
		return ENGINE_UNKNOWN;
	struct http_request h = http_request_of(r, &t);
	h.milliseconds = ENGINE_CALL_MS;
	return http_stream_open(s, l, &c->config.identity, &h, f) < 0 ? ENGINE_UNKNOWN : ENGINE_OK;
}
