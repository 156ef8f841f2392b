/* SPDX-License-Identifier: Apache-2.0 */
/* The routes of a lease: choosing their gateways, and setting them. */
#ifndef PLUGIN_ROUTES_H
#define PLUGIN_ROUTES_H

#include "cni/result.h"
#include "netns/rtnl.h"

/* Set the gateway of each route without one: the first gateway of its family, unless the route's
 * scope says that its destination is on the link. A route to a gateway alone gets link scope. */
void routes_complete(struct result *lease);

/* The output link of the routes; all borrowed. */
struct routes_link {
	struct rtnl *nl; /* of its namespace */
	uint32_t index;
	const char *name;
};

/* Set the lease's routes. Routes without a gateway come first, because they may lead to the
 * gateways of others. If each address of a family is a /32 or /128, its gateways are on the link.
 * Returns 0, or -1: CNI_CONFIG names a gateway that is not on the link and what to write. */
int routes_add(const struct routes_link *link, const struct result *lease,
               struct failure *f) MUST_CHECK;

#endif
