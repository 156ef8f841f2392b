/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes between a unix socket and an HTTP/2 session, never waiting for either. */
#ifndef EXPOSE_DEVICE_PLUGIN_GRPC_WIRE_H
#define EXPOSE_DEVICE_PLUGIN_GRPC_WIRE_H

#include "expose/common/loop.h"

#include <nghttp2/nghttp2.h>
#include <stddef.h>
#include <sys/un.h>

struct grpc_wire {
	struct loop *loop;
	struct watch watch; /* whose descriptor is the socket, owned by whoever has the wire */
	nghttp2_session *http;
	const uint8_t *unsent; /* the session's, until it is asked for more */
	size_t left;
	uint32_t events; /* that are waited for */
	int error;       /* nghttp2's, or 0 */
};

/* Moves what is to be moved and says for which events to wait: while the peer does not take what we
 * say, we do not listen. False: the connection is over; errno says why, or is 0 where both sides
 * ended it, and error is what the session itself objected to. */
bool grpc_wire_pump(struct grpc_wire *w, uint32_t events) MUST_CHECK;

/* Sends what the session has to say, as far as it goes. False as above. */
bool grpc_wire_flush(struct grpc_wire *w) MUST_CHECK;

/* The address of a path. False: the path is too long for one. */
bool socket_address(const char *path, struct sockaddr_un *address) MUST_CHECK;

#endif
