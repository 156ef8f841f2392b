/* SPDX-License-Identifier: Apache-2.0 */
/* What ADD and CHECK work on: the request, what its configuration means on this host, and what is
 * open on both sides for it. */
#ifndef PLUGIN_ATTACHMENT_H
#define PLUGIN_ATTACHMENT_H

#include "base/found.h"
#include "plugin/target.h"

struct attachment {
	const struct request *request; /* borrowed */
	struct config config;
	struct target target;
	struct host host;
	struct sandbox sandbox;
	struct result previous; /* prevResult; empty if it was not given */
	bool chained;           /* prevResult was given */
};

void attachment_release(struct attachment *a);

/* Refuses what the version asked for cannot report: 0.1.0 and 0.2.0 have no result without
 * addresses. Code CNI_CONFIG. */
int attachment_expressible(const struct attachment *a, struct failure *f) MUST_CHECK;

/* The MAC address of a new endpoint: the one asked for, else that of the link taken over, else in
 * mode passthru the master's, else a random one. */
int attachment_mac(const struct attachment *a, struct mac *mac, struct failure *f) MUST_CHECK;

/* The socket of the namespace the master lives in. */
struct rtnl *attachment_master_rtnl(struct attachment *a);

/* Find the host interface that the endpoint really stands on, by master_below(). Returns 1, 0 if it
 * is not on the host, or -1. */
enum found attachment_below(struct attachment *a, struct link *below, struct failure *f) MUST_CHECK;

#endif
