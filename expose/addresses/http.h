/* SPDX-License-Identifier: Apache-2.0 */
/* HTTP/1.1 with TLS over libcurl: one call after the other on one kept connection, and a stream of
 * lines that is an event of the loop. */
#ifndef EXPOSE_ADDRESSES_HTTP_H
#define EXPOSE_ADDRESSES_HTTP_H

#include "base/failure.h"
#include "base/owned.h"
#include "expose/common/loop.h"

#include <curl/curl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	HTTP_BODY_MAX = 4 << 20, /* bytes of an answer, and of a line of a stream */
	HTTP_CONNECT_MS = 1000,  /* leaves time for another endpoint */
	HTTP_RETRY_MAX = 300,    /* seconds: a longer Retry-After counts as this */
};

/* A certificate or a key: a file, which is read for every connection, or its text. Both are
 * NULL if it is absent. */
struct http_secret {
	char *file;  /* owned */
	char *bytes; /* owned; a NUL is behind them */
	size_t length;
};

/* Whom we trust, and who we are. */
struct http_identity {
	struct http_secret ca;
	struct http_secret certificate;
	struct http_secret key;
};
void http_identity_release(struct http_identity *i);

/* Checks that the identity is complete for a URL: https needs a CA, and a certificate needs a key.
 * Returns NULL, or the reason (static). */
const char *http_identity_mismatch(const struct http_identity *i, const char *url);

struct http_request {
	const char *what; /* for messages: "read the pools" */
	const char *method;
	const char *url;
	const char *headers[4]; /* "Name: value"; ends with NULL */
	const char *body;       /* NULL: none */
	unsigned milliseconds;
	bool once; /* a repetition may write a second time: a broken connection is a failure */
};

struct http_answer {
	long status;
	char *body; /* owned; ends with a NUL */
	size_t length;
	uint32_t retry_after; /* seconds; 0: not told */
	bool sent;            /* after a failure: the peer may have received the request */
};
void http_answer_release(struct http_answer *a);

struct http {
	CURL *easy;
};
#define HTTP_CLOSED          \
	{                    \
		.easy = NULL \
	}
/* `identity` must outlive the connection. */
int http_open(struct http *h, const struct http_identity *identity, struct failure *f) MUST_CHECK;
void http_release(struct http *h);

/* Makes a request, and waits for the whole answer, of any status. The connection stays open.
 * Returns 0, or -1 (CNI_AGAIN) with a->sent. */
int http_call(struct http *h, const struct http_request *r, struct http_answer *a,
              struct failure *f) MUST_CHECK;

/* An answer without an end. It must not move while it is open. */
struct http_stream {
	void (*line)(void *data, const char *line, size_t length); /* each line of a status 200 */
	/* The stream has ended, and is closed. `why` is NULL after an orderly end, else a failure,
	 * which has the peer's words for a status other than 200. */
	void (*ended)(void *data, const struct failure *why);
	/* All lines that came together were passed on. Here, and in ended(), other calls may be
	 * made, and the stream closed. */
	void (*pause)(void *data);
	void *data;
	struct watch watch;
	CURLM *multi;
	CURL *easy;
	struct curl_slist *headers;
	char *text; /* owned: the line that is not complete yet */
	size_t length;
	int timer;
	const char *what;
	char url[256]; /* for messages */
	char error[CURL_ERROR_SIZE];
};
#define HTTP_STREAM_CLOSED                   \
	{                                    \
		.watch.fd = -1, .timer = -1, \
	}
/* Starts a request whose answer is a stream. line(), ended(), pause() and data are set before. r->
 * milliseconds is the limit for the connection alone; r->what must be static. */
int http_stream_open(struct http_stream *s, struct loop *l, const struct http_identity *identity,
                     const struct http_request *r, struct failure *f) MUST_CHECK;
void http_stream_release(struct http_stream *s);

/* For http.c and http_stream.c: sets what calls and streams have in common. Returns the list of
 * headers, which the caller frees when the request is over, or NULL (CNI_OTHER). */
struct curl_slist *http_prepare(CURL *easy, const struct http_request *r, struct failure *f);
CURL *http_handle(const struct http_identity *identity, struct failure *f);

#endif
