/* SPDX-License-Identifier: Apache-2.0 */
/* All resources of this device plugin, and their interfaces, which may come and go. */
#ifndef EXPOSE_DEVICE_PLUGIN_INVENTORY_H
#define EXPOSE_DEVICE_PLUGIN_INVENTORY_H

#include "expose/device-plugin/resource_server.h"
#include "netns/link_watch.h"

struct inventory {
	struct loop *loop;
	struct kubelet kubelet;
	bool alone; /* the log says that there is no kubelet */
	const char *name_space;
	bool ports;           /* every port of the host is a resource, also those that come later */
	bool full;            /* there were more ports than resources can be served */
	bool written;         /* the file of resources is up to date */
	char why[256];        /* it is not: the reason */
	struct backoff again; /* when to write it again */
	struct watch retry;
	struct resource_server *server[DP_ENTRIES_MAX];
	size_t n;
	struct rtnl nl;         /* looks interfaces up */
	struct link_watch news; /* says when to */
	struct watch watch;
};

/* Makes a server for each resource of the configuration. The loop and the configuration must live
 * as long as the inventory. */
int inventory_begin(struct inventory *all, struct loop *loop, const struct dp_config *config,
                    const char *directory, struct failure *f) MUST_CHECK;
void inventory_release(struct inventory *all);

/* Registers all resources with the kubelet, now and each time that a new one starts. */
void inventory_register(struct inventory *all);

#endif
