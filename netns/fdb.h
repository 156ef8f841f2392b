/* SPDX-License-Identifier: Apache-2.0 */
/* The unicast MAC addresses that an interface receives beside its own: those of its macvlans and
 * macvtaps that are up, in any namespace. */
#ifndef NETNS_FDB_H
#define NETNS_FDB_H

#include "base/address.h"
#include "netns/rtnl.h"

/* Call on_mac() with each, some perhaps twice. Returns 0 or -1. */
int fdb_each(struct rtnl *nl, uint32_t ifindex, void (*on_mac)(const struct mac *mac, void *data),
             void *data, struct failure *f) MUST_CHECK;

#endif
