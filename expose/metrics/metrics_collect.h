/* SPDX-License-Identifier: Apache-2.0 */
/* Collecting the metrics in a process of its own, which ends with them: what it reads of containers
 * can neither stop nor end its parent, and its memory goes with it. */
#ifndef EXPOSE_METRICS_METRICS_COLLECT_H
#define EXPOSE_METRICS_METRICS_COLLECT_H

#include "base/failure.h"
#include "base/owned.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum { COLLECT_SECONDS = 30, COLLECT_MAX = 4 << 20 }; /* the limits of a collection */

struct collection {
	int fd; /* what the process writes; -1: none runs */
	pid_t pid;
	char *text; /* owned; of the process that runs, or of the last one */
	size_t length;
	size_t size;
	int64_t cost; /* milliseconds of processor time that the last one took */
};
#define COLLECTION_NONE  \
	{                \
		.fd = -1 \
	}

void collection_release(struct collection *c);

/* Start the process. It runs `prepare` first, which closes what belongs to its parent alone. Drops
 * the text of the last one. Returns 0 or -1. */
int collection_begin(struct collection *c, void (*prepare)(void *data), void *data,
                     struct failure *f) MUST_CHECK;

/* Read what has come from c->fd. Returns 1: more will come; 0: c->text is complete, with a NUL, and
 * the process has ended; -1: the collection failed or exceeded a limit, and has ended. */
int collection_read(struct collection *c, struct failure *f) MUST_CHECK;

#endif
