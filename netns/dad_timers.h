/* SPDX-License-Identifier: Apache-2.0 */
/* The timers of IPv6 duplicate address detection on one link: shortening them while a call waits
 * for the detection, and setting them back. */
#ifndef NETNS_DAD_TIMERS_H
#define NETNS_DAD_TIMERS_H

#include "netns/sandbox.h"

/* How long the kernel waits for an answer to a probe. */
enum { DAD_RETRANS_MS = 100 };

struct dad_timers {
	uint32_t retrans_ms; /* between probes, and after the last; 0: the link has no IPv6 */
	uint32_t delay_ms;   /* the longest random time before the first probe */
};

/* A link of the sandbox. All borrowed. Needs SANDBOX_IPV6. */
struct dad_link {
	struct sandbox *sandbox;
	uint32_t index;
	const char *name;
};

/* Let detections that begin from now on end after DAD_RETRANS_MS for each probe, without a random
 * delay before. Returns 0 with the former timers in *former, also if the link has no IPv6, or -1.
 */
int dad_timers_shorten(const struct dad_link *link, struct dad_timers *former,
                       struct failure *f) MUST_CHECK;

/* Set the former timers. Keeps a time between probes that another program, or a router, has set
 * since. Returns 0 or -1. */
int dad_timers_restore(const struct dad_link *link, const struct dad_timers *former,
                       struct failure *f) MUST_CHECK;

#endif
