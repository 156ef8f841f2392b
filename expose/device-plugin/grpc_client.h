/* SPDX-License-Identifier: Apache-2.0 */
/* One gRPC call to a service at a unix socket, on a connection of its own. */
#ifndef EXPOSE_DEVICE_PLUGIN_GRPC_CLIENT_H
#define EXPOSE_DEVICE_PLUGIN_GRPC_CLIENT_H

#include "expose/device-plugin/grpc_frame.h"
#include "expose/device-plugin/grpc_wire.h"

/* What a call came to: GRPC_OK, the code it was answered with, or -1 where it was not; why not. */
struct grpc_outcome {
	int code;
	char text[256];
};

struct grpc_call_out {
	struct grpc_wire wire;
	bool running;
	const char *path; /* the method's; borrowed */
	uint8_t *frame;   /* owned */
	size_t length, sent;
	struct grpc_outcome outcome;
	const char *breach; /* what of HTTP/2 the peer does not keep to; NULL: nothing */
	void (*ended)(void *owner, const struct grpc_outcome *); /* may begin the next call */
	void *owner;
};

/* Calls a method at a socket with a framed message, which is taken in any case. Returns at once:
 * -1 where there is nobody at the socket, else ended() will be called, once. What the answer's
 * message says is of no interest. */
int grpc_call_begin(struct grpc_call_out *c, struct loop *loop, const char *socket_path,
                    const char *method, uint8_t *frame, size_t length,
                    struct failure *f) MUST_CHECK;

/* Forgets a call that is running, if there is one; ended() is not called. */
void grpc_call_release(struct grpc_call_out *c);

#endif
