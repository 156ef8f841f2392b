/* SPDX-License-Identifier: Apache-2.0 */
/* Comparing an endpoint with what it should be. CHECK refuses the first difference, and podtapctl
 * reports all of them. */
#ifndef PLUGIN_COMPARE_H
#define PLUGIN_COMPARE_H

#include "cni/result.h"
#include "netns/link.h"
#include "netns/sandbox.h"
#include "netns/tap.h"
#include "plugin/sysctl.h"

enum difference {
	DIFFERS_INTERFACE,
	DIFFERS_KIND,
	DIFFERS_MODE,
	DIFFERS_DOWN,
	DIFFERS_MASTER,
	DIFFERS_MAC,
	DIFFERS_TAP_MISSING,
	DIFFERS_TAP_FOREIGN,
	DIFFERS_SYSCTL,
	DIFFERS_ADDRESS,
	DIFFERS_ROUTE,
	DIFFERS_HOST_ACCESS,
	DIFFERS_GUARD,
	DIFFERENCES,
};

struct comparison {
	struct sandbox *sandbox; /* borrowed; open with what the settings and the tap need */
	struct link link;        /* as it is now */
	/* Receives a difference. The details say which value there is. Returns 0 to compare
	 * further, or -1 to end the comparison. */
	int (*differs)(enum difference, const char *details, void *data, struct failure *f);
	void *data;
};

/* Compare one aspect each. Return 0, or -1: with the failure of what could not be read, or what
 * differs() returned. The addresses and the routes of a family are listed once. A MAC address is
 * compared as text; NULL or "": any will do. A route counts in any table: later plugins of a chain
 * move routes to other tables. `node` is what has the name of the tap's node, in the directory of
 * device nodes. */
int compare_mode(struct comparison *c, uint32_t mode, struct failure *f) MUST_CHECK;
int compare_up(struct comparison *c, struct failure *f) MUST_CHECK;
int compare_mac(struct comparison *c, const char *mac, struct failure *f) MUST_CHECK;
int compare_tap(struct comparison *c, int directory, struct tap_node *node,
                struct failure *f) MUST_CHECK;
int compare_sysctls(struct comparison *c, const struct sysctls *sysctls,
                    struct failure *f) MUST_CHECK;
int compare_addresses(struct comparison *c, const struct ip_config *ips, size_t n,
                      struct failure *f) MUST_CHECK;
int compare_routes(struct comparison *c, const struct route *routes, size_t n,
                   struct failure *f) MUST_CHECK;

#endif
