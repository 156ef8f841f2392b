/* SPDX-License-Identifier: Apache-2.0 */
/* Routes by way of the host: {"dst": "10.96.0.0/12", "gw": "host"}. */
#ifndef PLUGIN_HOST_GATEWAY_H
#define PLUGIN_HOST_GATEWAY_H

#include "plugin/attachment.h"

/* Set the gateway of each route by the host: the first address of the master that the network of an
 * address of the lease contains. Returns 0, or -1: CNI_CONFIG without the key hostAccess, or if the
 * master has no such address. */
int host_gateway_set(struct attachment *a, struct result *lease, struct failure *f) MUST_CHECK;

#endif
