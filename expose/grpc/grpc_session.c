/* SPDX-License-Identifier: Apache-2.0 */
/* The server's side of gRPC over HTTP/2, by nghttp2's callbacks. */
#include "expose/grpc/grpc_session.h"

#include "expose/grpc/http_field.h"

#include <stdio.h>
#include <string.h>

/* One call: a stream of HTTP/2. */
struct grpc_call {
	struct grpc_session *session;
	struct grpc_call *next;
	int32_t id;
	const struct grpc_method *method; /* NULL: none of that name */
	bool post, grpc;                  /* as its headers say */
	bool answered;
	bool open;  /* answered, and stays open for more answers */
	bool stale; /* the last answer is outdated */
	struct grpc_incoming in;
	struct grpc_answer answer;
	size_t sent; /* bytes of the answer's frame */
};

static void call_free(struct grpc_call *c)
{
	struct grpc_call **link = &c->session->calls;

	while (*link != c)
		link = &(*link)->next;
	*link = c->next;
	c->session->open -= c->open;
	grpc_incoming_release(&c->in);
	free(c->answer.frame);
	free(c);
}

/* Encodes a sentence for the header grpc-message: bytes outside printable ASCII become %XX. */
static void text_encode(const char *text, char encoded[static 3 * GRPC_TEXT])
{
	static const char digits[] = "0123456789ABCDEF";
	char *to = encoded;

	for (; *text; text++) {
		const unsigned char byte = (unsigned char)*text;
		const bool plain = byte >= ' ' && byte <= '~' && byte != '%';
		*to++ = plain ? *text : '%';
		if (!plain) {
			*to++ = digits[byte >> 4];
			*to++ = digits[byte & 15];
		}
	}
	*to = '\0';
}

/* Ends a call with a code and a sentence, in headers that are also the trailers. */
static int call_refuse(struct grpc_call *c, enum grpc_code code, const char *text)
{
	char number[12], encoded[3 * GRPC_TEXT];

	snprintf(number, sizeof number, "%d", code);
	text_encode(text, encoded);
	const nghttp2_nv fields[] = { HTTP_FIELD(":status", "200"),
		                      HTTP_FIELD("content-type", "application/grpc"),
		                      HTTP_FIELD("grpc-status", number),
		                      HTTP_FIELD("grpc-message", encoded) };

	c->answered = true;
	return nghttp2_submit_response(c->session->http, c->id, fields,
	                               sizeof fields / sizeof *fields, NULL);
}

/* Answers a request that is not gRPC by a status of HTTP, as gRPC specifies. */
static int call_refuse_http(struct grpc_call *c)
{
	const nghttp2_nv fields[] = { HTTP_FIELD(":status", c->post ? "415" : "405") };

	c->answered = true;
	return nghttp2_submit_response(c->session->http, c->id, fields, 1, NULL);
}

static void answer_forget(struct grpc_call *c)
{
	free(c->answer.frame);
	c->answer = (struct grpc_answer){ .code = GRPC_OK };
	c->sent = 0;
}

static void call_ask(struct grpc_call *c)
{
	answer_forget(c);
	c->stale = false;
	c->method->call(c->session->service->data, c->in.message, c->in.used, &c->answer);
	if (c->answer.code == GRPC_OK && !c->answer.frame) {
		c->answer.code = GRPC_RESOURCE_EXHAUSTED;
		snprintf(c->answer.text, sizeof c->answer.text, "out of memory");
	}
}

static int trailers_submit(struct grpc_call *c)
{
	const nghttp2_nv fields[] = { HTTP_FIELD("grpc-status", "0") };

	return nghttp2_submit_trailer(c->session->http, c->id, fields, 1);
}

static ssize_t on_read(nghttp2_session *http, int32_t id, uint8_t *to, size_t room, uint32_t *flags,
                       nghttp2_data_source *source, void *data)
{
	struct grpc_call *c = source->ptr;

	(void)http;
	(void)id;
	(void)data;
	if (c->sent == c->answer.length && c->stale)
		call_ask(c);
	if (c->answer.code != GRPC_OK)
		return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
	const size_t left = c->answer.length - c->sent;
	const size_t length = left < room ? left : room;
	if (c->open && length == 0) {
		answer_forget(c);
		return NGHTTP2_ERR_DEFERRED;
	}
	memcpy(to, c->answer.frame + c->sent, length);
	c->sent += length;
	if (!c->open && c->sent == c->answer.length) {
		*flags |= NGHTTP2_DATA_FLAG_EOF | NGHTTP2_DATA_FLAG_NO_END_STREAM;
		if (trailers_submit(c) < 0)
			return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
	}
	return (ssize_t)length;
}

static int call_answer(struct grpc_call *c)
{
	const nghttp2_nv fields[] = { HTTP_FIELD(":status", "200"),
		                      HTTP_FIELD("content-type", "application/grpc") };
	const nghttp2_data_provider frames = { .source.ptr = c, .read_callback = on_read };

	call_ask(c);
	if (c->answer.code != GRPC_OK)
		return call_refuse(c, c->answer.code, c->answer.text);
	c->answered = true;
	c->open = c->method->stream;
	c->session->open += c->open;
	return nghttp2_submit_response(c->session->http, c->id, fields,
	                               sizeof fields / sizeof *fields, &frames);
}

/* Runs a call after the end of its request. */
static int call_run(struct grpc_call *c)
{
	c->session->answered++;
	if (!grpc_incoming_whole(&c->in))
		return call_refuse(c, GRPC_INTERNAL, "the request has no whole message");
	return call_answer(c);
}

static int on_begin_headers(nghttp2_session *http, const nghttp2_frame *frame, void *data)
{
	struct grpc_session *s = data;

	if (frame->hd.type != NGHTTP2_HEADERS || frame->headers.cat != NGHTTP2_HCAT_REQUEST)
		return 0;
	struct grpc_call *c = calloc(1, sizeof *c);
	if (!c)
		return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
	c->session = s;
	c->id = frame->hd.stream_id;
	c->next = s->calls;
	s->calls = c;
	return nghttp2_session_set_stream_user_data(http, c->id, c);
}

static bool is_text(const uint8_t *bytes, size_t length, const char *text)
{
	return strlen(text) == length && memcmp(bytes, text, length) == 0;
}

static int on_header(nghttp2_session *http, const nghttp2_frame *frame, const uint8_t *name,
                     size_t name_length, const uint8_t *value, size_t length, uint8_t flags,
                     void *data)
{
	static const char type[] = "application/grpc";
	struct grpc_session *s = data;
	struct grpc_call *c = nghttp2_session_get_stream_user_data(http, frame->hd.stream_id);

	(void)flags;
	if (!c)
		return 0;
	if (is_text(name, name_length, ":method"))
		c->post = is_text(value, length, "POST");
	if (is_text(name, name_length, "content-type"))
		c->grpc = length >= sizeof type - 1 && memcmp(value, type, sizeof type - 1) == 0;
	if (is_text(name, name_length, ":path"))
		for (const struct grpc_method *m = s->service->methods; m->path; m++)
			if (is_text(value, length, m->path))
				c->method = m;
	return 0;
}

/* Refuses a call at once if its headers are wrong. The rest of its request is received and dropped:
 * some clients do not handle a reset. */
static int headers_end(struct grpc_call *c)
{
	if (!c->post || !c->grpc)
		return call_refuse_http(c);
	if (!c->method)
		return call_refuse(c, GRPC_UNIMPLEMENTED, "there is no such method");
	return 0;
}

static int on_frame(nghttp2_session *http, const nghttp2_frame *frame, void *data)
{
	struct grpc_call *c = nghttp2_session_get_stream_user_data(http, frame->hd.stream_id);

	(void)data;
	if (!c || c->answered)
		return 0;
	if (frame->hd.type == NGHTTP2_HEADERS && frame->headers.cat == NGHTTP2_HCAT_REQUEST &&
	    headers_end(c) < 0)
		return NGHTTP2_ERR_CALLBACK_FAILURE;
	if ((frame->hd.type == NGHTTP2_HEADERS || frame->hd.type == NGHTTP2_DATA) &&
	    frame->hd.flags & NGHTTP2_FLAG_END_STREAM && !c->answered && call_run(c) < 0)
		return NGHTTP2_ERR_CALLBACK_FAILURE;
	return 0;
}

static int on_data(nghttp2_session *http, uint8_t flags, int32_t id, const uint8_t *bytes,
                   size_t length, void *data)
{
	struct grpc_call *c = nghttp2_session_get_stream_user_data(http, id);
	const char *why = "";

	(void)flags;
	(void)data;
	if (!c || c->answered)
		return 0;
	const enum grpc_code refusal = grpc_incoming_feed(&c->in, bytes, length, &why);
	if (refusal != GRPC_OK && call_refuse(c, refusal, why) < 0)
		return NGHTTP2_ERR_CALLBACK_FAILURE;
	return 0;
}

static int on_close(nghttp2_session *http, int32_t id, uint32_t code, void *data)
{
	struct grpc_call *c = nghttp2_session_get_stream_user_data(http, id);

	(void)code;
	(void)data;
	if (c)
		call_free(c);
	return 0;
}

static int on_error(nghttp2_session *http, int code, const char *text, size_t length, void *data)
{
	struct grpc_session *s = data;

	(void)http;
	(void)code;
	if (!s->why[0])
		snprintf(s->why, sizeof s->why, "%.*s", (int)length, text);
	return 0;
}

/* Keeps for the log the error that the client is told in a GOAWAY. */
static int on_sent(nghttp2_session *http, const nghttp2_frame *frame, void *data)
{
	struct grpc_session *s = data;

	(void)http;
	if (frame->hd.type == NGHTTP2_GOAWAY && frame->goaway.error_code != NGHTTP2_NO_ERROR &&
	    !s->why[0])
		snprintf(s->why, sizeof s->why, "%s",
		         nghttp2_http2_strerror(frame->goaway.error_code));
	return 0;
}

static int http_begin(struct grpc_session *s, nghttp2_session_callbacks *callbacks)
{
	const nghttp2_settings_entry settings[] = {
		{ NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, GRPC_STREAMS_MAX },
		{ NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, 16384 },
	};

	nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, on_begin_headers);
	nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
	nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
	nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
	nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_close);
	nghttp2_session_callbacks_set_on_frame_send_callback(callbacks, on_sent);
	nghttp2_session_callbacks_set_error_callback2(callbacks, on_error);
	if (nghttp2_session_server_new(&s->http, callbacks, s) < 0)
		return -1;
	return nghttp2_submit_settings(s->http, NGHTTP2_FLAG_NONE, settings,
	                               sizeof settings / sizeof *settings);
}

int grpc_session_begin(struct grpc_session *s, const struct grpc_service *service)
{
	nghttp2_session_callbacks *callbacks;

	*s = (struct grpc_session){ .service = service };
	if (nghttp2_session_callbacks_new(&callbacks) < 0)
		return -1;
	const int begun = http_begin(s, callbacks);
	nghttp2_session_callbacks_del(callbacks);
	if (begun < 0)
		grpc_session_release(s);
	return begun < 0 ? -1 : 0;
}

void grpc_session_release(struct grpc_session *s)
{
	nghttp2_session_del(s->http);
	s->http = NULL;
	while (s->calls)
		call_free(s->calls);
}

void grpc_session_renew(struct grpc_session *s)
{
	for (struct grpc_call *c = s->calls; c; c = c->next) {
		if (!c->open)
			continue;
		c->stale = true;
		/* A call whose answer is being sent continues by itself. */
		nghttp2_session_resume_data(s->http, c->id);
	}
}
