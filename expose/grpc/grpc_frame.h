/* SPDX-License-Identifier: Apache-2.0 */
/* gRPC's frames: a byte of flags, four bytes of length, and one protobuf message. */
#ifndef EXPOSE_GRPC_GRPC_FRAME_H
#define EXPOSE_GRPC_GRPC_FRAME_H

#include "expose/grpc/grpc.h"

/* Bytes. The kubelet's longest request has ten thousand device names, a third of GRPC_MESSAGE_MAX.
 * The unpacked message takes more memory than its bytes, most of all if they are garbage. */
enum { GRPC_HEAD = 5, GRPC_MESSAGE_MAX = 1 << 20, GRPC_UNPACKED_MAX = 8 << 20 };

/* One message that is being received. Zeroed: before its first byte. */
struct grpc_incoming {
	uint8_t head[GRPC_HEAD];
	size_t head_used;
	size_t length;    /* as the head announces it */
	uint8_t *message; /* owned; grows with the received bytes, not with the announced length */
	size_t used, room;
};

void grpc_incoming_release(struct grpc_incoming *in);

/* Adds received bytes. A call has one message: more bytes are an error. Returns GRPC_OK, or the
 * code to refuse the call with; *why is then its sentence (static). */
enum grpc_code grpc_incoming_feed(struct grpc_incoming *in, const uint8_t *bytes, size_t length,
                                  const char **why) MUST_CHECK;

/* Returns whether the message is complete. */
bool grpc_incoming_whole(const struct grpc_incoming *in);

#endif
