/* SPDX-License-Identifier: Apache-2.0 */
/* The names in a directory, read with the fewest system calls and without a heap: for a walk
 * through thousands of small directories. */
#ifndef BASE_ENTRIES_H
#define BASE_ENTRIES_H

#include "base/owned.h"

#include <stdbool.h>
#include <stddef.h>

enum {
	ENTRIES_FEW = 512, /* bytes that hold one name at least; about ten usual ones */
};

struct entries {
	int fd;       /* owned; -1: closed */
	bool at_once; /* a read that left room was the last: see entries_come_at_once() */
	size_t room;  /* bytes to read at a time */
	size_t at;
	size_t end;
	char bytes[8192] __attribute__((aligned(8)));
};

/* Begin to read an open directory, and take its descriptor over. -1: there are no entries. A reader
 * that mostly needs one name may then set `room` to ENTRIES_FEW. */
static inline void entries_begin(struct entries *e, int fd)
{
	e->fd = fd;
	e->at_once = false;
	e->room = sizeof e->bytes;
	e->at = e->end = 0;
}

static inline void entries_release(struct entries *e)
{
	fd_release(&e->fd);
}

/* Whether the directories of a descriptor's file system give as many names at a time as there is
 * room for. tmpfs does. A reader of many directories may then set `at_once`: a directory costs one
 * system call less. */
bool entries_come_at_once(int fd);

/* Returns the next name except "." and "..", valid until the next call, or NULL: at the end with
 * errno 0, else with the error in errno. */
const char *entries_next(struct entries *e);

#endif
