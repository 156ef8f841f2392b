/* SPDX-License-Identifier: Apache-2.0 */
/* What the CNI calls of this node do with pools: which addresses they use, and which ADDs wait. */
#ifndef EXPOSE_ADDRESSES_USAGE_H
#define EXPOSE_ADDRESSES_USAGE_H

#include "expose/addresses/sticky.h"

#include <limits.h>

struct usage {
	int inotify; /* readable after a change */
	char pools[PATH_MAX];
	char registers[PATH_MAX];
};

#define USAGE_CLOSED           \
	{                      \
		.inotify = -1, \
	}

/* Makes the directories if they are missing, and watches them. */
int usage_open(struct usage *u, struct failure *f) MUST_CHECK;
void usage_release(struct usage *u);

/* Forgets all changes so far: what is read afterwards has them. */
void usage_drain(const struct usage *u);

/* Counts the ADDs that wait for addresses of a pool, without those whose process has ended. */
uint32_t usage_waiting(const struct usage *u, const char *pool);

/* Tells which addresses of the node and of owners the store of the pool's network has, and watches
 * the store. Counts the addresses of the pool that the store has, and the node does not hold.
 * Returns 0, or -1: nothing was told. */
int usage_read(const struct usage *u, struct claimer *c, struct sticky *s, int64_t now,
               uint32_t *strays, struct failure *f) MUST_CHECK;

/* Returns whether the store has an address, under its lock, as for usage_prove(): 1, 0, or -1. */
int usage_has(const struct claimer *c, const struct ip *ip, struct failure *f) MUST_CHECK;

/* Proves what is leaving unused: under the store's lock, so that every ADD so far has its address
 * there, and every later one sees the pool's file without it. After a failure nothing leaves. */
int usage_prove(struct claimer *c, struct failure *f) MUST_CHECK;

#endif
