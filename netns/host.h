/* SPDX-License-Identifier: Apache-2.0 */
/* The host in a call: the namespace of the process and a socket in it. */
#ifndef NETNS_HOST_H
#define NETNS_HOST_H

#include "netns/rtnl.h"
#include "netns/sandbox.h"

struct host {
	int netns;
	struct netns_id id;
	struct rtnl rtnl;
};

#define HOST_CLOSED                              \
	{                                        \
		.netns = -1, .rtnl = {.fd = -1 } \
	}

void host_release(struct host *h);
/* Open both. On failure nothing stays open. Returns 0 or -1. */
int host_open(struct host *h, struct failure *f) MUST_CHECK;

/* Whether a descriptor is of the namespace of the process. Returns 1, 0 or -1. */
int host_is(const struct host *h, int netns, struct failure *f) MUST_CHECK;

#endif
