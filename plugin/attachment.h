/* SPDX-License-Identifier: Apache-2.0 */
/* What ADD and CHECK work on: the request, what its configuration means on this host, and what is
 * open on both sides for it. */
#ifndef PLUGIN_ATTACHMENT_H
#define PLUGIN_ATTACHMENT_H

#include "plugin/target.h"

struct attachment {
	const struct request *request; /* borrowed */
	struct config config;
	struct target target;
	struct host host;
	struct sandbox sandbox;
	struct result previous; /* prevResult; empty where there is none */
	bool chained;           /* prevResult was given */
};

void attachment_release(struct attachment *a);

/* The socket of the namespace the master lives in. */
struct rtnl *attachment_master_rtnl(struct attachment *a);

#endif
