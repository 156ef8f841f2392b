/* SPDX-License-Identifier: Apache-2.0 */
/* ttrpc's frames: a header (length, stream, type, flags) and a message. */
#ifndef EXPOSE_NRI_TTRPC_H
#define EXPOSE_NRI_TTRPC_H

#include "base/failure.h"
#include "base/owned.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { TTRPC_HEADER = 10, TTRPC_MAX = 4 << 20 /* bytes of a message, as in the original */ };

enum ttrpc_type { TTRPC_REQUEST = 1, TTRPC_RESPONSE = 2 };

struct ttrpc_frame {
	uint32_t stream;
	enum ttrpc_type type;
	const uint8_t *message; /* borrowed; of a frame that is passed on, the piece of it */
	size_t length;
	bool last; /* this completes the frame */
};

/* Frames of one direction, put together as their bytes come. A message is kept until it is whole,
 * but for those that begin as `passed` says: they are passed on piece by piece. */
struct ttrpc {                /* zeroed but for the settings: before the first frame */
	enum ttrpc_type type; /* the only one to expect */
	const char *passed;   /* NULL: none */
	size_t passed_length; /* its bytes */
	int (*whole)(void *data, const struct ttrpc_frame *frame, struct failure *f);
	int (*piece)(void *data, const struct ttrpc_frame *frame, struct failure *f);
	void *data;

	uint8_t header[TTRPC_HEADER];
	size_t have; /* bytes of the header */
	uint32_t stream;
	uint32_t left; /* bytes of the message that are to come */
	bool passing;
	uint8_t *message; /* owned */
	size_t length;
	size_t room;
};

void ttrpc_release(struct ttrpc *t);

/* Takes a connection's bytes. CNI_DECODE for a frame of another type, one of an even stream, or one
 * that is too long; -1 also where whole() or piece() say so. */
int ttrpc_take(struct ttrpc *t, const uint8_t *bytes, size_t n, struct failure *f) MUST_CHECK;

void ttrpc_header(uint8_t header[static TTRPC_HEADER], uint32_t stream, enum ttrpc_type type,
                  uint32_t length);

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
