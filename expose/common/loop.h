/* SPDX-License-Identifier: Apache-2.0 */
/* One thread's waiting: descriptors, and what is to be done when one of them is ready. */
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

/* Part of what owns the descriptor; stays where it is while it is watched. */
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

/* Watches from now on; closing the descriptor ends it. */
int loop_watch(struct loop *l, struct watch *w, uint32_t events, struct failure *f) MUST_CHECK;

/* Watches for other events. */
void loop_change(struct loop *l, struct watch *w, uint32_t events);

/* Calls what is ready, one at a time, so that it may close any other, until the loop is ended. */
int loop_run(struct loop *l, struct failure *f) MUST_CHECK;

#endif
