/* SPDX-License-Identifier: Apache-2.0 */
/* gRPC's frames: a byte of flags, four bytes of length, and one protobuf message. */
#ifndef EXPOSE_DEVICE_PLUGIN_GRPC_FRAME_H
#define EXPOSE_DEVICE_PLUGIN_GRPC_FRAME_H

#include "base/owned.h"

#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes. A message of kubelet's longest request, ten thousand device names, has a third of it; what
 * one is unpacked into takes more, mostly for garbage. */
enum { GRPC_HEAD = 5, GRPC_MESSAGE_MAX = 1 << 20, GRPC_UNPACKED_MAX = 8 << 20 };

/* Status codes of gRPC, those we say or hear. */
enum grpc_code {
	GRPC_OK = 0,
	GRPC_UNKNOWN = 2,
	GRPC_INVALID_ARGUMENT = 3,
	GRPC_NOT_FOUND = 5,
	GRPC_RESOURCE_EXHAUSTED = 8,
	GRPC_UNIMPLEMENTED = 12,
	GRPC_INTERNAL = 13,
};

/* One message on its way in. All zero: nothing has come yet. */
struct grpc_incoming {
	uint8_t head[GRPC_HEAD];
	size_t head_used;
	size_t length;    /* as the head announces it */
	uint8_t *message; /* owned; has room for what has come, not for what is announced */
	size_t used, room;
};

void grpc_incoming_release(struct grpc_incoming *in);

/* Takes bytes as they come. GRPC_OK, or the code to refuse the call with; *why is then its sentence
 * (static). A call has one message: anything after it is refused. */
enum grpc_code grpc_incoming_feed(struct grpc_incoming *in, const uint8_t *bytes, size_t length,
                                  const char **why) MUST_CHECK;

/* Whether the message is there, whole. */
bool grpc_incoming_whole(const struct grpc_incoming *in);

/* The unpacked message, within GRPC_UNPACKED_MAX; NULL where it is none of this type or takes more.
 * The caller releases it by grpc_unpacked_release(). */
ProtobufCMessage *grpc_unpack(const ProtobufCMessageDescriptor *type, const uint8_t *bytes,
                              size_t length) MUST_CHECK;
void grpc_unpacked_release(ProtobufCMessage *message);

/* The message in its frame, of *length bytes; the caller frees it. NULL: out of memory. */
uint8_t *grpc_frame_pack(const ProtobufCMessage *message, size_t *length) MUST_CHECK;

#endif
