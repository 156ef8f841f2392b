/* SPDX-License-Identifier: Apache-2.0 */
/* The attachment that ADD and CHECK work on: the request, its decoded configuration, and the
 * descriptors that are open on the host and in the container. */
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

/* Refuse an endpoint that the requested version cannot report: results of 0.1.0 and 0.2.0 must have
 * addresses. Returns 0, or -1 (CNI_CONFIG). */
int attachment_expressible(const struct attachment *a, struct failure *f) MUST_CHECK;

/* Choose the MAC address of a new endpoint: the requested one; else that of the link to take over;
 * else, in mode passthru, the master's; else a random one. Returns 0 or -1. */
int attachment_mac(const struct attachment *a, struct mac *mac, struct failure *f) MUST_CHECK;

/* Returns the socket of the master's namespace. The attachment owns it. */
struct rtnl *attachment_master_rtnl(struct attachment *a);

/* Find the host interface on which the endpoint really stands, by master_below(). Returns 1, 0 if
 * it is not on the host, or -1. */
enum found attachment_below(struct attachment *a, struct link *below, struct failure *f) MUST_CHECK;

#endif
