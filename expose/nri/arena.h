/* SPDX-License-Identifier: Apache-2.0 */
/* Bounded memory for unpacking one message, released at once: protobuf can need a hundred times the
 * message's size. */
#ifndef EXPOSE_NRI_ARENA_H
#define EXPOSE_NRI_ARENA_H

#include "base/failure.h"
#include "base/owned.h"

#include <protobuf-c/protobuf-c.h>

enum { ARENA_MAX = 16 << 20 }; /* bytes; only the used ones are resident */

struct arena {
	ProtobufCAllocator allocator; /* arena_release() frees what it allocated */
	char *base;
	size_t used;
};

int arena_open(struct arena *a, struct failure *f) MUST_CHECK;
void arena_release(struct arena *a);

#endif
