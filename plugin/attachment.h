/* SPDX-License-Identifier: Apache-2.0 */
/* What ADD and CHECK work on: the request, what its configuration means, and everything that is
 * open on both sides for it. */
#ifndef PLUGIN_ATTACHMENT_H
#define PLUGIN_ATTACHMENT_H

#include "cni/result.h"
#include "plugin/config.h"
#include "record/takeover.h"

struct attachment {
	const struct request *request; /* borrowed */
	struct config config;
	struct host host;
	struct sandbox sandbox;
	struct result previous; /* prevResult; empty where there is none */
	bool chained;           /* prevResult was given */
	struct link master;
	struct taken taken; /* the link on the host to take over, where a deviceID names one */
};

/* What an attachment is opened for. */
enum attachment_use {
	ATTACHMENT_NEW,      /* to be made */
	ATTACHMENT_EXISTING, /* made by an earlier call */
};

void attachment_release(struct attachment *a);

/* Opens the namespaces, reads configuration and prevResult, and finds the master, with the
 * privileges of PRIVILEGE_OPENING, which the caller gives up once it has opened what else it needs.
 * What is new may not be in the namespace we run in, unless the request allows it. a is to be
 * released in any case. Codes: CNI_ENV, CNI_OWN_NETNS, CNI_CONFIG, CNI_DECODE, CNI_IO, and the
 * kernel's. */
int attachment_open(struct attachment *a, const struct request *r, enum attachment_use use,
                    struct failure *f) MUST_CHECK;

/* The socket of the namespace the master lives in. */
struct rtnl *attachment_master_rtnl(struct attachment *a);

#endif
