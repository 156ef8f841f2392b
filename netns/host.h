/* SPDX-License-Identifier: Apache-2.0 */
/* The host's side of a call: the namespace we run in and a socket there. */
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
/* Opens both; on failure nothing stays open. */
int host_open(struct host *h, struct failure *f) MUST_CHECK;

/* Whether a namespace's descriptor is the namespace we run in; -1 on failure. */
int host_is(const struct host *h, int netns, struct failure *f) MUST_CHECK;

#endif
