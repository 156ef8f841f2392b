/* SPDX-License-Identifier: Apache-2.0 */
/* Working off independent items in several processes, for work that mostly waits for the kernel. */
#ifndef PLUGIN_WORKERS_H
#define PLUGIN_WORKERS_H

#include "base/failure.h"
#include "base/owned.h"

#include <stdbool.h>
#include <stddef.h>

enum { WORKERS_MAX = 32 }; /* with the calling process */

/* The items 0 to n - 1. All workers take from one queue. */
struct queue;

/* Take the next item. Returns false if no item is left. */
bool queue_take(struct queue *q, size_t *item);

/* Count an item whose work failed. */
void queue_count_failed(struct queue *q);

/* Takes items until none is left. It continues after a failure, and joins it to `f`. Nothing else
 * that it writes reaches the caller. A socket that is open before must not be used, because all
 * processes share it. */
typedef void worker(struct queue *q, const void *data, struct failure *f);

/* Run the worker in this process and in at most WORKERS_MAX - 1 children, one for each item. Where
 * no process can be created, fewer work. The kernel kills the children if this process ends.
 * Returns after all children have ended: the number of failed items. Joins all failures to `f`,
 * also that of a child that was killed. */
size_t workers_run(size_t n, worker *work, const void *data, struct failure *f);

#endif
