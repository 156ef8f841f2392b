/* SPDX-License-Identifier: Apache-2.0 */
/* Whether a master can carry an endpoint, its own lower link, and its other users. */
#ifndef PLUGIN_MASTER_H
#define PLUGIN_MASTER_H

#include "base/found.h"
#include "netns/host.h"
#include "plugin/config.h"

/* Refuse a master that cannot carry a new endpoint in a mode. `nl` is a socket of its namespace.
 * Returns 0, or -1: CNI_CONFIG with what to do. */
int master_fits(const struct config *c, uint32_t mode, struct rtnl *nl, const struct link *master,
                struct failure *f) MUST_CHECK;

/* Find the interface on which an endpoint on a host's master really stands. If the master is a
 * macvlan or macvtap, the kernel puts the endpoint on the master's own master. If that is in
 * another namespace, *below is the master itself. Returns 0 or -1. */
int master_below(struct rtnl *host, const struct link *master, struct link *below,
                 struct failure *f) MUST_CHECK;

/* Like master_below(), for a master in the container. Returns 1, 0 if it does not stand on a host
 * interface, or -1. */
enum found master_in_container_below(struct host *host, struct sandbox *inside,
                                     const struct link *master, struct link *below,
                                     struct failure *f) MUST_CHECK;

/* Find by the endpoint records the endpoint that prevents another one of this mode on a master. Any
 * endpoint prevents one of mode passthru, and an endpoint of mode passthru prevents all others.
 * Returns whether a record has it, and writes its name to `text`. */
bool master_holder(const char *master, uint32_t mode, char *text, size_t size);

/* Find by the endpoint records the endpoint on a master that has a MAC address. Returns true with
 * its name in `text`, or false, without a text, if no record has it. */
bool master_mac_holder(const char *master, const struct mac *mac, char *text, size_t size);

#endif
