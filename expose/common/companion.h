/* SPDX-License-Identifier: Apache-2.0 */
/* A process of its own beside a long-running program, for work that needs other privileges. */
#ifndef EXPOSE_COMMON_COMPANION_H
#define EXPOSE_COMMON_COMPANION_H

#include "base/failure.h"
#include "base/owned.h"

#include <stddef.h>

struct companion {
	/* The whole life of the process. `parent` is its end of a pair of sockets. Returns its exit
	 * code. */
	int (*live)(int parent, const void *data);
	const void *data;
	const int
	        *theirs; /* descriptors of this process that the new one must not keep; -1: none */
	size_t n_theirs;
};

/* Start the process. It ends with this one, and ignores SIGTERM and SIGINT. Returns our end of the
 * pair, which becomes readable when the process has ended and which the caller owns, or -1. Call it
 * before signals_open(). */
int companion_start(const struct companion *c, struct failure *f) MUST_CHECK;

#endif
