/* SPDX-License-Identifier: Apache-2.0 */
/* Calls over HTTP: what libcurl does for us, and the bounds that it gets. */
#include "expose/addresses/http.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

static void secret_release(struct http_secret *s)
{
	text_release(&s->file);
	if (s->bytes)
		explicit_bzero(s->bytes, s->length);
	text_release(&s->bytes);
}

void http_identity_release(struct http_identity *i)
{
	secret_release(&i->ca);
	secret_release(&i->certificate);
	secret_release(&i->key);
}

static bool secret_exists(const struct http_secret *s)
{
	return s->file || s->bytes;
}

const char *http_identity_mismatch(const struct http_identity *i, const char *url)
{
	const bool https = strncmp(url, "https://", 8) == 0;

	if (!https && strncmp(url, "http://", 7) != 0)
		return "it must begin with https:// or http://";
	if (https && !secret_exists(&i->ca))
		return "https needs the certificate of its authority";
	if (secret_exists(&i->certificate) != secret_exists(&i->key))
		return "a client certificate needs its key, and a key its certificate";
	return NULL;
}

void http_answer_release(struct http_answer *a)
{
	text_release(&a->body);
}

static void secret_set(CURL *easy, CURLoption file, CURLoption blob, const struct http_secret *s,
                       size_t more)
{
	if (s->file)
		curl_easy_setopt(easy, file, s->file);
	if (s->bytes) {
		struct curl_blob bytes = { s->bytes, s->length + more, CURL_BLOB_NOCOPY };
		curl_easy_setopt(easy, blob, &bytes);
	}
}

static curl_socket_t socket_open(void *data, curlsocktype purpose, struct curl_sockaddr *address)
{
	(void)data, (void)purpose;
	return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

CURL *http_handle(const struct http_identity *identity, struct failure *f)
{
	CURL *easy = curl_easy_init();

	if (!easy) {
		fail_errno(f, ENOMEM, "make an HTTP client");
		return NULL;
	}
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_PROXY, ""); /* not even from the environment */
	curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
	curl_easy_setopt(easy, CURLOPT_MAXCONNECTS, 1L);
	curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, socket_open);
	secret_set(easy, CURLOPT_CAINFO, CURLOPT_CAINFO_BLOB, &identity->ca, 0);
	secret_set(easy, CURLOPT_SSLCERT, CURLOPT_SSLCERT_BLOB, &identity->certificate, 0);
	/* Mbed TLS wants the NUL behind a key counted. */
	secret_set(easy, CURLOPT_SSLKEY, CURLOPT_SSLKEY_BLOB, &identity->key, 1);
	return easy;
}

int http_open(struct http *h, const struct http_identity *identity, struct failure *f)
{
	h->easy = http_handle(identity, f);
	return h->easy ? 0 : -1;
}

void http_release(struct http *h)
{
	curl_easy_cleanup(h->easy);
	h->easy = NULL;
}

static bool header_add(struct curl_slist **list, const char *header)
{
	struct curl_slist *longer = curl_slist_append(*list, header);

	if (longer)
		*list = longer;
	return longer;
}

struct curl_slist *http_prepare(CURL *easy, const struct http_request *r, struct failure *f)
{
	struct curl_slist *list = NULL;
	bool done = header_add(&list, "User-Agent: podtap-addresses") &&
	            header_add(&list, "Expect:"); /* no question before a long body */

	for (size_t i = 0; r->headers[i]; i++)
		done = done && header_add(&list, r->headers[i]);
	if (!done) {
		curl_slist_free_all(list);
		fail_errno(f, ENOMEM, "%s", r->what);
		return NULL;
	}
	curl_easy_setopt(easy, CURLOPT_HTTPHEADER, list);
	curl_easy_setopt(easy, CURLOPT_URL, r->url);
	/* libcurl has a copy of the body: a stream is sent after this call. */
	curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE, r->body ? (long)strlen(r->body) : 0L);
	curl_easy_setopt(easy, CURLOPT_COPYPOSTFIELDS, r->body);
	if (!r->body)
		curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L);
	curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, r->method);
	return list;
}

/* The answer to one request, while it arrives. */
struct call {
	struct http_answer *answer;
	size_t room;
	bool once;
	bool begun;
};

static size_t body_add(char *bytes, size_t one, size_t n, void *data)
{
	struct call *c = data;
	struct http_answer *a = c->answer;

	if (n > HTTP_BODY_MAX - a->length)
		return n + one; /* not all: libcurl ends the call */
	if (n >= c->room - a->length) {
		const size_t room = 2 * c->room + n + 1; /* with the end of the text */
		char *longer = realloc(a->body, room);
		if (!longer)
			return n + one;
		a->body = longer;
		c->room = room;
	}
	memcpy(a->body + a->length, bytes, n);
	a->length += n;
	a->body[a->length] = '\0';
	return n;
}

/* libcurl sends a request again when a kept connection breaks before the answer. What writes must
 * not be sent twice: the answer to the second one would be a conflict with the first one. */
static int request_begins(void *data, char *peer, char *own, int peer_port, int own_port)
{
	struct call *c = data;

	(void)peer, (void)own, (void)peer_port, (void)own_port;
	if (c->begun && c->once)
		return CURL_PREREQFUNC_ABORT;
	c->begun = true;
	return CURL_PREREQFUNC_OK;
}

static const char *reason(CURLcode code, const char *error)
{
	if (code == CURLE_ABORTED_BY_CALLBACK)
		return "the connection was closed before the answer";
	if (code == CURLE_WRITE_ERROR)
		return "the answer is too long";
	return *error ? error : curl_easy_strerror(code);
}

int http_call(struct http *h, const struct http_request *r, struct http_answer *a,
              struct failure *f)
{
	char error[CURL_ERROR_SIZE] = "";
	struct call call = { .answer = a, .room = 0, .once = r->once };
	curl_off_t retry_after = 0;

	*a = (struct http_answer){ .body = NULL };
	struct curl_slist *headers = http_prepare(h->easy, r, f);
	if (!headers)
		return -1;
	curl_easy_setopt(h->easy, CURLOPT_ERRORBUFFER, error);
	curl_easy_setopt(h->easy, CURLOPT_WRITEFUNCTION, body_add);
	curl_easy_setopt(h->easy, CURLOPT_WRITEDATA, &call);
	curl_easy_setopt(h->easy, CURLOPT_PREREQFUNCTION, request_begins);
	curl_easy_setopt(h->easy, CURLOPT_PREREQDATA, &call);
	curl_easy_setopt(h->easy, CURLOPT_CONNECTTIMEOUT_MS, (long)HTTP_CONNECT_MS);
	curl_easy_setopt(h->easy, CURLOPT_TIMEOUT_MS, (long)r->milliseconds);
	const CURLcode code = curl_easy_perform(h->easy);
	curl_easy_setopt(h->easy, CURLOPT_HTTPHEADER, NULL);
	curl_easy_setopt(h->easy, CURLOPT_ERRORBUFFER, NULL);
	curl_slist_free_all(headers);
	a->sent = call.begun;
	if (code != CURLE_OK)
		return fail(f, CNI_AGAIN, reason(code, error), "%s at %.200s", r->what, r->url);
	curl_easy_getinfo(h->easy, CURLINFO_RESPONSE_CODE, &a->status);
	curl_easy_getinfo(h->easy, CURLINFO_RETRY_AFTER, &retry_after);
	a->retry_after = (uint32_t)(retry_after < 0                ? 0
	                            : retry_after > HTTP_RETRY_MAX ? HTTP_RETRY_MAX
	                                                           : retry_after);
	return 0;
}
