/* SPDX-License-Identifier: Apache-2.0 */
/* The target of an endpoint on this host: its master, its mode, and the existing link to take over,
 * if any. Const once it is found. */
#ifndef PLUGIN_TARGET_H
#define PLUGIN_TARGET_H

#include "base/found.h"
#include "cni/result.h"
#include "plugin/config.h"
#include "plugin/takeover.h"

struct target {
	char named[MASTER_TEXT];  /* the master's name as given; "": the master of the default route
	                           */
	uint32_t mode;            /* MACVLAN_MODE_* */
	struct takeover takeover; /* the host link to take over, which deviceID names */
	struct link master;
};

/* The sources of a target; all borrowed. */
struct target_search {
	const struct config *config;
	const struct request *request;
	const struct result *previous; /* prevResult */
	struct host *host;
	bool exists;                   /* an earlier call made the endpoint */
	const struct endpoint *record; /* the target is that of this endpoint; NULL: search */
};

/* Find the name of the master, the mode, and the link to take over. The namespace of the container
 * need not be open. Enters the host's namespace: PRIVILEGE_OPENING. Returns 0, or -1: CNI_CONFIG
 * when nothing names a master though the deviceID is a resource's; the record's or the kernel's. */
int target_name(struct target *t, const struct target_search *s, struct failure *f) MUST_CHECK;

/* Find the master that was named, or that of the default route, and check it against the link to
 * take over. `inside` is the container's namespace. Returns 0, or -1: CNI_CONFIG with what to do.
 */
int target_find(struct target *t, const struct target_search *s, struct sandbox *inside,
                struct failure *f) MUST_CHECK;

/* Find the master on the host by the configuration alone, for STATUS. Returns 1 with *master, 0
 * when the configuration names none and the host has no default route yet, or -1 (CNI_CONFIG). */
enum found target_master_on_host(const struct config *c, struct rtnl *host, struct link *master,
                                 struct failure *f) MUST_CHECK;

#endif
