/* SPDX-License-Identifier: Apache-2.0 */
/* The MAC address of a new endpoint, where it follows from names. */
#ifndef PLUGIN_MAC_H
#define PLUGIN_MAC_H

#include "plugin/config.h"

/* With "mac": "stable", and without an address of the runtime, derive the address from the network,
 * the pod's or container's name and the interface. It then counts as requested. Returns 0, or -1:
 * CNI_ENV if the call does not name the pod or container. */
int mac_derive(struct config *c, const struct request *r, struct failure *f) MUST_CHECK;

#endif
