/* SPDX-License-Identifier: Apache-2.0 */
/* Endpoints whose link is gone, in a namespace that is still there: finding them, and making their
 * links again. */
#ifndef CONTROL_BROKEN_H
#define CONTROL_BROKEN_H

#include "base/failure.h"
#include "base/owned.h"

#include <net/if.h>
#include <stdbool.h>
#include <sys/types.h>

/* The endpoints to look at; NULL: all. */
struct broken_choice {
	const char *container_id;
	const char *ifname;
	const char *master;
};

struct broken {
	struct broken_endpoint {
		char *container_id; /* owned */
		char ifname[IFNAMSIZ];
		char master[IFNAMSIZ];
		dev_t tap; /* 0: none */
		bool failed;
	} * list; /* owned, sorted by the number of the tap */
	size_t n;
	size_t seen; /* the records that were looked at */
};

void broken_release(struct broken *b);

/* Find them. The records that cannot be read are left out, and directories of records that cannot
 * be listed are reported in *missed. Returns 0 or -1. */
int broken_find(struct broken *b, const struct broken_choice *choice, struct failure *missed,
                struct failure *f) MUST_CHECK;

/* Repair each in a process of its own, because a repair gives up privileges, and print a line for
 * it. One after another: the kernel gives the lowest free number to a tap, so each gets its former
 * one. Marks those that failed. Returns how many did, or -1. */
int broken_repair(struct broken *b, bool dry, struct failure *f) MUST_CHECK;

#endif
