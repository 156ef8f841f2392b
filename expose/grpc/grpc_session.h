/* SPDX-License-Identifier: Apache-2.0 */
/* The server's side of one client's HTTP/2 connection: its calls, from the first header to the last
 * trailer. It knows no socket. */
#ifndef EXPOSE_GRPC_GRPC_SESSION_H
#define EXPOSE_GRPC_GRPC_SESSION_H

#include "expose/grpc/grpc_frame.h"

#include <nghttp2/nghttp2.h>

enum { GRPC_STREAMS_MAX = 4 }; /* calls of a client at a time */

struct grpc_session {
	nghttp2_session *http;
	const struct grpc_service *service;
	struct grpc_call *calls; /* all that are open */
	size_t open;             /* how many of them are answered and stay open */
	size_t answered;         /* how many have ever been answered */
	char why[GRPC_TEXT];     /* the client's first error that concerns all calls; or "" */
};

/* Initializes a session, which must not move. Returns -1 if out of memory. */
int grpc_session_begin(struct grpc_session *s, const struct grpc_service *service) MUST_CHECK;
void grpc_session_release(struct grpc_session *s);

/* Answers again the calls that stay open, each after its last answer has been sent. */
void grpc_session_renew(struct grpc_session *s);

#endif
