/* SPDX-License-Identifier: Apache-2.0 */
/* A second process of podtap-nri, which sets the links of guests down and up. It alone keeps
 * CAP_NET_ADMIN, and it reads nothing of the runtime's: only orders of one size, from the first
 * process. An order can do to the endpoints of one pod what podtapctl yield and resume do. */
#ifndef EXPOSE_NRI_YIELDER_H
#define EXPOSE_NRI_YIELDER_H

#include "base/failure.h"
#include "base/owned.h"
#include "record/taps.h"

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

struct yield_order {
	char pod[NAME_MAX + 1]; /* its id */
	uint64_t container; /* a hash of the id of the container that is created or has stopped; 0:
	                     * the one that has stopped is not known, and no other is there */
	uint32_t up;        /* 1: created; 0: stopped */
	uint32_t n;
	dev_t tap[TAPS_DEVICES_MAX]; /* the container's; endpoints with another one stay as they are
	                              */
};

struct yielder_want {
	int theirs; /* a descriptor of this process that the new one must not keep; -1: none */
	/* Also set the link of a guest in mode bridge down when the guest announces itself from
	 * the LAN, once for each container. */
	bool announced;
};

/* Start the process. It ends with this one. Returns a descriptor for orders, which becomes readable
 * when the process has ended and which the caller owns; or -1: without a failure if there is no
 * CAP_NET_ADMIN. Call it before signals_open(). */
int yielder_start(const struct yielder_want *want, struct failure *f) MUST_CHECK;

/* Give an order, without waiting for its execution, which is logged. Orders are executed one after
 * another. Returns 0 or -1. */
int yielder_order(int fd, const struct yield_order *order, struct failure *f) MUST_CHECK;

#endif
