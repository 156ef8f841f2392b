/* SPDX-License-Identifier: Apache-2.0 */
/* The names in a directory, read with the fewest system calls and without a heap: for a walk
 * through thousands of small directories. */
#ifndef BASE_ENTRIES_H
#define BASE_ENTRIES_H

#include "base/owned.h"

#include <stddef.h>

struct entries {
	int fd; /* owned; -1: closed */
	size_t at;
	size_t end;
	char bytes[8192] __attribute__((aligned(8)));
};

/* Begin to read an open directory, and take its descriptor over. -1: there are no entries. */
static inline void entries_begin(struct entries *e, int fd)
{
	e->fd = fd;
	e->at = e->end = 0;
}

static inline void entries_release(struct entries *e)
{
	fd_release(&e->fd);
}

/* Returns the next name except "." and "..", valid until the next call, or NULL: at the end with
 * errno 0, else with the error in errno. */
const char *entries_next(struct entries *e);

#endif
