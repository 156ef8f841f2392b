/* SPDX-License-Identifier: Apache-2.0 */
/* Whether a master can carry an endpoint, what it stands on itself, and who else uses it. */
#ifndef PLUGIN_MASTER_H
#define PLUGIN_MASTER_H

#include "base/found.h"
#include "netns/host.h"
#include "plugin/config.h"

/* Refuse a master that cannot carry a new endpoint in a mode. `nl` is a socket of its namespace.
 * Returns 0, or -1: CNI_CONFIG with what to do. */
int master_fits(const struct config *c, uint32_t mode, struct rtnl *nl, const struct link *master,
                struct failure *f) MUST_CHECK;

/* Find the interface that an endpoint on a host's master really stands on: the kernel puts one on a
 * macvlan or macvtap on that one's own master. Where that is in another namespace, the master
 * itself. Returns 0 or -1. */
int master_below(struct rtnl *host, const struct link *master, struct link *below,
                 struct failure *f) MUST_CHECK;

/* Like master_below(), for a master in the container. Returns 1, 0 if it does not stand on an
 * interface of the host, or -1. */
enum found master_in_container_below(struct host *host, struct sandbox *inside,
                                     const struct link *master, struct link *below,
                                     struct failure *f) MUST_CHECK;

/* Find by the endpoint records who prevents another endpoint of this mode on a master: any endpoint
 * prevents one of mode passthru, and an endpoint of mode passthru prevents all others. Returns
 * whether a record tells, with who it is in `text`. */
bool master_holder(const char *master, uint32_t mode, char *text, size_t size);

/* Whose endpoint on a master has a MAC address, by the endpoint records, as text. False and no text
 * where no record tells. */
bool master_mac_holder(const char *master, const struct mac *mac, char *text, size_t size);

#endif
