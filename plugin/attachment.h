/* SPDX-License-Identifier: Apache-2.0 */
/* What ADD and CHECK work on: the request, what its configuration means, and everything that is
 * open on both sides for it. */
#ifndef PLUGIN_ATTACHMENT_H
#define PLUGIN_ATTACHMENT_H

#include "cni/result.h"
#include "plugin/config.h"
#include "plugin/host.h"

struct attachment {
	const struct request *request; /* borrowed */
	struct config config;
	struct host host;
	struct sandbox sandbox;
	struct result previous; /* prevResult; empty where there is none */
	bool chained;           /* prevResult was given */
	struct link master;
};

void attachment_release(struct attachment *a);

/* Opens the namespaces, reads configuration and prevResult, and finds the master, with the
 * privileges of PRIVILEGE_OPENING, which the caller gives up once it has opened what else it needs.
 * `taps`: what tells the number of a tap, SANDBOX_EVENTS or SANDBOX_SYSFS. `own_allowed`: CNI_NETNS
 * may be the namespace we run in. a is to be released in any case. Codes: CNI_ENV, CNI_OWN_NETNS,
 * CNI_CONFIG, CNI_DECODE, and the kernel's. */
int attachment_open(struct attachment *a, const struct request *r, unsigned taps, bool own_allowed,
                    struct failure *f) MUST_CHECK;

/* The socket of the namespace the master lives in. */
struct rtnl *attachment_master_rtnl(struct attachment *a);

#endif
