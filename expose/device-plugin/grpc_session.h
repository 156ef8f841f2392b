/* SPDX-License-Identifier: Apache-2.0 */
/* One gRPC client's HTTP/2 connection to us: its calls, from the first header to the last trailer.
 * Knows no socket. */
#ifndef EXPOSE_DEVICE_PLUGIN_GRPC_SESSION_H
#define EXPOSE_DEVICE_PLUGIN_GRPC_SESSION_H

#include "expose/device-plugin/grpc_frame.h"

#include <nghttp2/nghttp2.h>

enum { GRPC_STREAMS_MAX = 4, GRPC_TEXT = 256 }; /* calls at a time; bytes of a sentence */

/* What a call is answered with: a framed message, or a code and a sentence. */
struct grpc_answer {
	enum grpc_code code;
	char text[GRPC_TEXT]; /* where the code is not GRPC_OK */
	uint8_t *frame;       /* owned by whoever has the answer; made by grpc_frame_pack() */
	size_t length;
};

struct grpc_method {
	const char *path; /* such as "/v1beta1.DevicePlugin/Allocate" */
	/* The call stays open, and is answered anew by each grpc_session_renew(). */
	bool stream;
	/* Answers a request's message, which lives as long as the call. */
	void (*call)(void *service, const uint8_t *request, size_t length, struct grpc_answer *);
};

/* What is offered: methods, up to a row without path, of something. */
struct grpc_service {
	const struct grpc_method *methods;
	void *data;
};

struct grpc_session {
	nghttp2_session *http;
	const struct grpc_service *service;
	struct grpc_call *calls; /* all that are open */
	size_t open;             /* how many of them stay open, answered */
	size_t answered;         /* how many were, ever */
	char why[GRPC_TEXT]; /* what the client did wrong first, as it concerns all calls; or "" */
};

/* Begins a session whose address does not change until grpc_session_release(). -1: out of memory.
 */
int grpc_session_begin(struct grpc_session *s, const struct grpc_service *service) MUST_CHECK;
void grpc_session_release(struct grpc_session *s);

/* Answers anew the calls that stay open, once what they were last answered has been sent. */
void grpc_session_renew(struct grpc_session *s);

#endif
