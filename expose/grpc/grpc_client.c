/* SPDX-License-Identifier: Apache-2.0 */
/* The client's side of gRPC over HTTP/2: one call and its trailers. */
#include "base/errno_text.h"
#include "expose/grpc/grpc_transport.h"
#include "expose/grpc/http_field.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

void grpc_call_release(struct grpc_client_call *c)
{
	if (!c->running)
		return;
	nghttp2_session_del(c->transport.http);
	fd_release(&c->transport.watch.fd);
	free(c->frame);
	c->frame = NULL;
	c->running = false;
}

static int code_read(const uint8_t *text, size_t length)
{
	int code = 0;

	if (length == 0 || length > 3)
		return GRPC_UNKNOWN;
	for (size_t i = 0; i < length; i++) {
		if (text[i] < '0' || text[i] > '9')
			return GRPC_UNKNOWN;
		code = 10 * code + (text[i] - '0');
	}
	return code;
}

static int digit(uint8_t byte)
{
	static const char digits[] = "0123456789ABCDEF";
	const char *found = byte ? strchr(digits, byte >= 'a' ? byte - 'a' + 'A' : byte) : NULL;

	return found ? (int)(found - digits) : -1;
}

/* Decodes the byte that %XX spells. */
static bool coded_read(const uint8_t *text, size_t length, char *byte)
{
	const int high = length > 2 && text[0] == '%' ? digit(text[1]) : -1;
	const int low = high < 0 ? -1 : digit(text[2]);

	if (low < 0)
		return false;
	*byte = (char)(high * 16 + low);
	return true;
}

/* Decodes the value of the header grpc-message, and cuts it to the buffer. */
static void text_decode(const uint8_t *text, size_t length, char *to, size_t size)
{
	for (size_t i = 0; i < length && size > 1; i++, size--, to++) {
		if (coded_read(text + i, length - i, to))
			i += 2;
		else
			*to = (char)text[i];
	}
	*to = '\0';
}

static int on_header(nghttp2_session *http, const nghttp2_frame *frame, const uint8_t *name,
                     size_t name_length, const uint8_t *value, size_t length, uint8_t flags,
                     void *data)
{
	static const char status[] = "grpc-status", message[] = "grpc-message";
	struct grpc_client_call *c = data;

	(void)http;
	(void)frame;
	(void)flags;
	if (name_length == sizeof status - 1 && memcmp(name, status, name_length) == 0)
		c->outcome.code = code_read(value, length);
	if (name_length == sizeof message - 1 && memcmp(name, message, name_length) == 0)
		text_decode(value, length, c->outcome.text, sizeof c->outcome.text);
	return 0;
}

static ssize_t on_read(nghttp2_session *http, int32_t id, uint8_t *to, size_t room, uint32_t *flags,
                       nghttp2_data_source *source, void *data)
{
	struct grpc_client_call *c = source->ptr;
	const size_t left = c->length - c->sent, length = left < room ? left : room;

	(void)http;
	(void)id;
	(void)data;
	memcpy(to, c->frame + c->sent, length);
	c->sent += length;
	if (c->sent == c->length)
		*flags |= NGHTTP2_DATA_FLAG_EOF;
	return (ssize_t)length;
}

/* The connection ends with its only call. */
static int on_close(nghttp2_session *http, int32_t id, uint32_t code, void *data)
{
	(void)id;
	(void)code;
	(void)data;
	return nghttp2_session_terminate_session(http, NGHTTP2_NO_ERROR);
}

/* GOAWAY with an error: the peer does not speak HTTP/2. */
static int on_sent(nghttp2_session *http, const nghttp2_frame *frame, void *data)
{
	struct grpc_client_call *c = data;

	(void)http;
	if (frame->hd.type == NGHTTP2_GOAWAY && frame->goaway.error_code != NGHTTP2_NO_ERROR)
		c->breach = nghttp2_http2_strerror(frame->goaway.error_code);
	return 0;
}

static int request_submit(struct grpc_client_call *c)
{
	const nghttp2_nv fields[] = { HTTP_FIELD(":method", "POST"),
		                      HTTP_FIELD(":scheme", "http"),
		                      HTTP_FIELD(":path", c->path),
		                      HTTP_FIELD(":authority", "localhost"),
		                      HTTP_FIELD("content-type", "application/grpc"),
		                      HTTP_FIELD("te", "trailers") };
	const nghttp2_data_provider message = { .source.ptr = c, .read_callback = on_read };
	const nghttp2_settings_entry no_push = { NGHTTP2_SETTINGS_ENABLE_PUSH, 0 };

	if (nghttp2_submit_settings(c->transport.http, NGHTTP2_FLAG_NONE, &no_push, 1) < 0)
		return -1;
	return nghttp2_submit_request(c->transport.http, NULL, fields,
	                              sizeof fields / sizeof *fields, &message, NULL) < 0
	               ? -1
	               : 0;
}

static int session_begin(struct grpc_client_call *c)
{
	nghttp2_session_callbacks *callbacks;

	if (nghttp2_session_callbacks_new(&callbacks) < 0)
		return -1;
	nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
	nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_close);
	nghttp2_session_callbacks_set_on_frame_send_callback(callbacks, on_sent);
	const int made = nghttp2_session_client_new(&c->transport.http, callbacks, c);
	nghttp2_session_callbacks_del(callbacks);
	return made < 0 ? -1 : request_submit(c);
}

static void call_end(struct grpc_client_call *c, int err)
{
	const char *why = c->breach            ? c->breach
	                  : c->transport.error ? nghttp2_strerror(c->transport.error)
	                  : err                ? errno_text(err)
	                                       : "the connection was closed without an answer";
	struct grpc_outcome outcome = c->outcome;

	if (outcome.code < 0)
		snprintf(outcome.text, sizeof outcome.text, "%s%s",
		         c->breach ? "the answer is no HTTP/2: " : "", why);
	grpc_call_release(c);
	c->ended(c->owner, &outcome);
}

static void on_ready(void *data, uint32_t events)
{
	struct grpc_client_call *c = data;

	if (!grpc_transport_pump(&c->transport, events))
		call_end(c, errno);
}

static int socket_connect(struct grpc_client_call *c, const char *path)
{
	struct sockaddr_un address;

	if (!socket_address(path, &address)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	c->transport.watch.fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (c->transport.watch.fd < 0)
		return -1;
	/* A unix socket connects at once, or fails with EAGAIN if its queue is full. */
	return connect(c->transport.watch.fd, (struct sockaddr *)&address, sizeof address);
}

int grpc_call_begin(struct grpc_client_call *c, struct loop *loop, const char *socket_path,
                    const char *method, uint8_t *frame, size_t length, struct failure *f)
{
	grpc_call_release(c);
	c->transport = (struct grpc_transport){ .loop = loop, .watch = { -1, on_ready, c } };
	c->running = true;
	c->path = method;
	c->frame = frame;
	c->length = length;
	c->sent = 0;
	c->outcome = (struct grpc_outcome){ .code = -1 };
	c->breach = NULL;
	if (!frame || session_begin(c) < 0)
		fail_errno(f, ENOMEM, "call %s", method);
	else if (socket_connect(c, socket_path) < 0)
		fail_errno(f, errno, "connect to %s", socket_path);
	else if (loop_watch(loop, &c->transport.watch, EPOLLIN, f) == 0 &&
	         grpc_transport_flush(&c->transport))
		return 0;
	else
		fail_errno(f, errno, "call %s", method);
	grpc_call_release(c);
	return -1;
}
