/* SPDX-License-Identifier: Apache-2.0 */
/* Memory for unpacking one message, bounded and given back at once: a few bytes of protobuf can ask
 * for a hundred times as many of memory. */
#ifndef EXPOSE_NRI_ARENA_H
#define EXPOSE_NRI_ARENA_H

#include "base/failure.h"
#include "base/owned.h"

#include <protobuf-c/protobuf-c.h>

enum { ARENA_MAX = 16 << 20 }; /* bytes, of which only those used are resident */

struct arena {
	ProtobufCAllocator allocator; /* what it allocates ends with the arena */
	char *base;
	size_t used;
};

int arena_open(struct arena *a, struct failure *f) MUST_CHECK;
void arena_release(struct arena *a);

#endif
