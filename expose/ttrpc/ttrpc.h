/* SPDX-License-Identifier: Apache-2.0 */
/* ttrpc: frames of a header (length, stream, type, flags) and a message, and the requests and
 * responses in them. All else in this directory is private to it. */
#ifndef EXPOSE_TTRPC_TTRPC_H
#define EXPOSE_TTRPC_TTRPC_H

#include "base/failure.h"
#include "base/owned.h"

#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { TTRPC_HEADER = 10, TTRPC_MAX = 4 << 20 /* bytes of a message, as in the original */ };

enum ttrpc_type { TTRPC_REQUEST = 1, TTRPC_RESPONSE = 2 };

struct ttrpc_frame {
	uint32_t stream;
	enum ttrpc_type type;
	const uint8_t *message; /* borrowed; for piece(), a part of the message */
	size_t length;
	bool last; /* the message ends here */
};

/* Receives the frames of one direction, however their bytes arrive. Keeps a message until it is
 * complete. Does not keep the messages that begin with `passed`: passes them on piece by piece.
 * Before the first frame, all is zero except the first group of members. */
struct ttrpc {
	enum ttrpc_type type; /* the only one that is expected */
	const char *passed;   /* NULL: all messages are kept */
	size_t passed_length; /* its bytes */
	int (*whole)(void *data, const struct ttrpc_frame *frame, struct failure *f);
	int (*piece)(void *data, const struct ttrpc_frame *frame, struct failure *f);
	void *data;

	uint8_t header[TTRPC_HEADER];
	size_t have; /* bytes of the header */
	uint32_t stream;
	uint32_t left; /* bytes of the message that are still expected */
	bool passing;
	uint8_t *message; /* owned */
	size_t length;
	size_t room;
};

void ttrpc_release(struct ttrpc *t);

/* Adds received bytes. CNI_DECODE: a frame of another type, of an even stream, or too long. Also
 * returns the failures of whole() and piece(). */
int ttrpc_feed(struct ttrpc *t, const uint8_t *bytes, size_t n, struct failure *f) MUST_CHECK;

/* Writes a frame's header. */
void ttrpc_header(uint8_t header[static TTRPC_HEADER], uint32_t stream, enum ttrpc_type type,
                  uint32_t length);

struct ttrpc_bytes {
	uint8_t *at; /* owned */
	size_t length;
};
void ttrpc_bytes_release(struct ttrpc_bytes *b);

/* Packs the frame of a request to call a method of a service. */
int ttrpc_request_pack(struct ttrpc_bytes *b, uint32_t stream, const char *service,
                       const char *method, const ProtobufCMessage *message,
                       struct failure *f) MUST_CHECK;

/* Packs the frame of a response. The message may be NULL. */
int ttrpc_response_pack(struct ttrpc_bytes *b, uint32_t stream, const ProtobufCMessage *message,
                        struct failure *f) MUST_CHECK;

/* Packs the frame of a response that refuses the request, with one of gRPC's codes. */
int ttrpc_refusal_pack(struct ttrpc_bytes *b, uint32_t stream, int code, const char *text,
                       struct failure *f) MUST_CHECK;

struct ttrpc_request {
	const char *service;
	const char *method;
	ProtobufCBinaryData payload;
};

/* Unpacks the request of a frame. The allocator's memory holds it. CNI_DECODE: it is no request. */
int ttrpc_request_unpack(struct ttrpc_request *r, const struct ttrpc_frame *frame,
                         ProtobufCAllocator *allocator, struct failure *f) MUST_CHECK;

/* Checks that a frame is the response to the request of this stream, and that it succeeded. `what`
 * names the request. CNI_DECODE: it is no such response; CNI_OTHER: the peer refused. */
int ttrpc_response_check(const struct ttrpc_frame *frame, uint32_t stream, const char *what,
                         ProtobufCAllocator *allocator, struct failure *f) MUST_CHECK;

/* Returns a text as the member of a message that is only packed: protobuf-c's members are not
 * const. */
static inline char *text_lend(const char *text)
{
	return (char *)(uintptr_t)text;
}

static inline uint32_t big_endian_read(const uint8_t bytes[static 4])
{
	return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 |
	       bytes[3];
}

static inline void big_endian_write(uint8_t bytes[static 4], uint32_t value)
{
	for (int i = 3; i >= 0; i--, value >>= 8)
		bytes[i] = (uint8_t)value;
}

#endif
