/* SPDX-License-Identifier: Apache-2.0 */
/* An event loop of one thread, on epoll: descriptors, and the functions to call when they are
 * ready.
 */
#ifndef EXPOSE_COMMON_LOOP_H
#define EXPOSE_COMMON_LOOP_H

#include "base/failure.h"
#include "base/owned.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/epoll.h>

struct loop {
	int fd;
	bool ended; /* set to make loop_run() return */
};

/* A member of the descriptor's owner. It must not move while the loop watches it. */
struct watch {
	int fd;
	void (*ready)(void *data, uint32_t events); /* EPOLL* */
	void *data;
};

int loop_open(struct loop *l, struct failure *f) MUST_CHECK;
static inline void loop_release(struct loop *l)
{
	fd_release(&l->fd);
}

/* Watches a descriptor until it is closed. */
int loop_watch(struct loop *l, struct watch *w, uint32_t events, struct failure *f) MUST_CHECK;

/* Stops watching a descriptor before it is closed: another process may have it open still. */
void loop_forget(struct loop *l, struct watch *w);

/* Changes the events of a watched descriptor. */
void loop_change(struct loop *l, struct watch *w, uint32_t events);

/* Calls ready() of one descriptor at a time, so that it may close any other, until `ended`. */
int loop_run(struct loop *l, struct failure *f) MUST_CHECK;

#endif
