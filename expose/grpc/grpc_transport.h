/* SPDX-License-Identifier: Apache-2.0 */
/* Moves bytes between a unix socket and an HTTP/2 session, and never waits for either. */
#ifndef EXPOSE_GRPC_GRPC_TRANSPORT_H
#define EXPOSE_GRPC_GRPC_TRANSPORT_H

#include "expose/grpc/grpc.h"

#include <nghttp2/nghttp2.h>

/* Receives and sends what is possible, and chooses the events to wait for. Receives nothing while
 * the peer does not accept what is sent. Returns false when the connection is over: errno says why,
 * 0 if both sides ended it; t->error is the session's own error. */
bool grpc_transport_pump(struct grpc_transport *t, uint32_t events) MUST_CHECK;

/* Sends what the session has to send, as far as possible. Returns false as above. */
bool grpc_transport_flush(struct grpc_transport *t) MUST_CHECK;

/* Makes the address of a path. Returns false if the path is too long for one. */
bool socket_address(const char *path, struct sockaddr_un *address) MUST_CHECK;

#endif
