/* SPDX-License-Identifier: Apache-2.0 */
/* Receiving and packing frames. Memory grows with the received bytes, not with the announced
 * length. */
#include "expose/grpc/grpc_frame.h"

#include <string.h>

void grpc_incoming_release(struct grpc_incoming *in)
{
	free(in->message);
	*in = (struct grpc_incoming){ .used = 0 };
}

static enum grpc_code head_read(struct grpc_incoming *in, const char **why)
{
	const uint8_t *head = in->head;

	in->length = (size_t)head[1] << 24 | (size_t)head[2] << 16 | (size_t)head[3] << 8 | head[4];
	if (head[0] > 1) {
		*why = "not a gRPC frame";
		return GRPC_INTERNAL;
	}
	if (head[0] == 1) {
		*why = "compressed messages are not understood";
		return GRPC_UNIMPLEMENTED;
	}
	if (in->length > GRPC_MESSAGE_MAX) {
		*why = "the message is too large";
		return GRPC_RESOURCE_EXHAUSTED;
	}
	return GRPC_OK;
}

static size_t smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Makes room for more bytes of the message. Returns false if out of memory. */
static bool room_make(struct grpc_incoming *in, size_t more)
{
	size_t room = in->room ? in->room : 256;

	while (room < in->used + more)
		room *= 2;
	if (room == in->room)
		return true;
	uint8_t *grown = realloc(in->message, room);
	if (!grown)
		return false;
	in->message = grown;
	in->room = room;
	return true;
}

enum grpc_code grpc_incoming_feed(struct grpc_incoming *in, const uint8_t *bytes, size_t length,
                                  const char **why)
{
	const size_t head = smaller(length, GRPC_HEAD - in->head_used);

	memcpy(in->head + in->head_used, bytes, head);
	in->head_used += head;
	if (in->head_used < GRPC_HEAD)
		return GRPC_OK;
	if (head > 0) {
		const enum grpc_code refusal = head_read(in, why);
		if (refusal != GRPC_OK)
			return refusal;
	}
	if (length - head > in->length - in->used) {
		*why = "more than one message";
		return GRPC_INTERNAL;
	}
	if (length == head)
		return GRPC_OK;
	if (!room_make(in, length - head)) {
		*why = "out of memory";
		return GRPC_RESOURCE_EXHAUSTED;
	}
	memcpy(in->message + in->used, bytes + head, length - head);
	in->used += length - head;
	return GRPC_OK;
}

bool grpc_incoming_whole(const struct grpc_incoming *in)
{
	return in->head_used == GRPC_HEAD && in->used == in->length;
}

/* Two bytes of a message can need fifty bytes of memory: the budget bounds what unpacking uses. */
static void *budget_allocate(void *data, size_t size)
{
	size_t *left = data;

	if (size > *left)
		return NULL;
	*left -= size;
	return malloc(size);
}

static void budget_free(void *data, void *memory)
{
	(void)data;
	free(memory);
}

ProtobufCMessage *grpc_unpack(const ProtobufCMessageDescriptor *type, const uint8_t *bytes,
                              size_t length)
{
	size_t left = GRPC_UNPACKED_MAX;
	ProtobufCAllocator budget = { budget_allocate, budget_free, &left };

	return protobuf_c_message_unpack(type, &budget, length, bytes);
}

void grpc_unpacked_release(ProtobufCMessage *message)
{
	protobuf_c_message_free_unpacked(message, NULL);
}

uint8_t *grpc_frame_pack(const ProtobufCMessage *message, size_t *length)
{
	const size_t size = protobuf_c_message_get_packed_size(message);
	uint8_t *frame = malloc(GRPC_HEAD + size);

	if (!frame)
		return NULL;
	const uint8_t head[GRPC_HEAD] = { 0, (uint8_t)(size >> 24), (uint8_t)(size >> 16),
		                          (uint8_t)(size >> 8), (uint8_t)size };
	memcpy(frame, head, sizeof head);
	protobuf_c_message_pack(message, frame + GRPC_HEAD);
	*length = GRPC_HEAD + size;
	return frame;
}
