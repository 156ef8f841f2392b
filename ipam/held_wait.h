/* SPDX-License-Identifier: Apache-2.0 */
/* Waiting until podtap-addresses holds more addresses of a pool. */
#ifndef IPAM_HELD_WAIT_H
#define IPAM_HELD_WAIT_H

#include "ipam/held.h"

/* One ADD that waits. Its file in the directory of the pools, WANT_PREFIX<pool>.<number>, tells
 * podtap-addresses; it is locked while the process lives. */
struct held_wait {
	int inotify;
	int want;      /* the file; -1: none */
	int64_t until; /* milliseconds of the monotonic clock; 0: does not wait yet */
	char pool[POOL_NAME];
	const char *prefix; /* of the file's name */
	uint64_t number;
};

#define HELD_WAIT_NONE                    \
	{                                 \
		.inotify = -1, .want = -1 \
	}
#define WANT_PREFIX "want-"
#define BIND_PREFIX \
	"bind-" /* of a call whose address belongs to an owner; it has the call as JSON */

void held_wait_release(struct held_wait *w);

/* Wait until the pool's file is no longer the one in h->seen, as `number`, which no other ADD that
 * waits has. Returns false when h->wait seconds have passed since the first call, or when nobody
 * would change the file. */
bool held_wait(struct held_wait *w, const struct held *h, uint64_t number);

#endif
