/* SPDX-License-Identifier: Apache-2.0 */
/* A directory of plugins that podtap is installed into: its own programs, and links by the names of
 * others. Every step renames a whole file, so that a runtime finds a plugin at any instant, and a
 * run completes one that was ended anywhere. */
#ifndef CONTROL_PLACE_H
#define CONTROL_PLACE_H

#include "base/failure.h"
#include "base/owned.h"

#include <limits.h>
#include <stdbool.h>

/* What has a name in the directory. */
enum placed { PLACED_FAILED = -1, PLACED_NONE, PLACED_OURS, PLACED_FOREIGN };

struct place {
	int fd; /* owned, and locked; -1: closed */
	char path[PATH_MAX];
	bool changed; /* something was put in or taken out */
};

#define PLACE_CLOSED     \
	{                \
		.fd = -1 \
	}

static inline void place_release(struct place *p)
{
	fd_release(&p->fd);
}

/* Open a directory, and wait until no other installer works in it. With `make` it is made, like its
 * parents. Returns 0 or -1. */
int place_open(struct place *p, const char *path, bool make, struct failure *f) MUST_CHECK;

/* Say what has the name. Podtap's are its executables and links to "podtap". */
enum placed place_look(const struct place *p, const char *name, struct failure *f) MUST_CHECK;

/* Copy an executable of another directory, if the one here differs. The file of another program
 * stays under another name. Prints a line for what changes. Returns 0 or -1. */
int place_program(struct place *p, int from, const char *name, struct failure *f) MUST_CHECK;

/* Make a link to podtap by that name, in the same way. */
int place_alias(struct place *p, const char *name, struct failure *f) MUST_CHECK;

/* Remove what the two above put under a name, and put back the file that had it before. Prints a
 * line. The file of another program stays. Returns 0 or -1. */
int place_undo(struct place *p, const char *name, struct failure *f) MUST_CHECK;

#endif
