/* SPDX-License-Identifier: Apache-2.0 */
/* The stale endpoints of this host: finding them, and removing each. */
#ifndef CONTROL_STALE_H
#define CONTROL_STALE_H

#include "netns/host.h"
#include "record/endpoint.h"

#include <net/if.h>

struct stale {
	struct host host;
	const char *network; /* NULL: of every network */
	bool ended;          /* only those whose namespace is gone: their pods have ended */
	struct stale_one {
		char *container_id; /* owned */
		char *why;          /* owned */
		char ifname[IFNAMSIZ];
	} * one; /* owned */
	size_t n;
	struct failure *failure; /* what could not be examined */
};

void stale_release(struct stale *s);

/* Collect the stale endpoints of s->network, with s->ended only some of them. What cannot be
 * examined is not among them, and is a failure in *missed. Returns 0 or -1. The caller releases s
 * in any case. */
int stale_find(struct stale *s, struct failure *missed, struct failure *f) MUST_CHECK;

/* Remove each as removal_run() does, with the configuration of a file (NULL: on record), and print
 * a line for it; or only print the lines. Returns 0, or -1 after it tried all. */
int stale_remove(const struct stale *s, const char *config, bool only_list,
                 struct failure *f) MUST_CHECK;

#endif
