/* SPDX-License-Identifier: Apache-2.0 */
/* The routes of a lease: by which gateway they lead, and setting them. */
#ifndef PLUGIN_ROUTES_H
#define PLUGIN_ROUTES_H

#include "cni/result.h"
#include "netns/rtnl.h"

/* Fills the gateway into each route that has none: the first one of its family, unless the route's
 * scope says that nothing lies between. A route to a gateway alone has the scope of the link. */
void routes_complete(struct result *lease);

/* The link that routes lead through; all borrowed. */
struct routes_link {
	struct rtnl *nl; /* of its namespace */
	uint32_t index;
	const char *name;
};

/* Set the lease's routes, those without a gateway first: they may lead to the gateways of others.
 * Where every address of a family is a /32 or /128, its gateways are on the link. Returns 0, or -1:
 * CNI_CONFIG names a gateway that is not on the link and what to write. */
int routes_add(const struct routes_link *link, const struct result *lease,
               struct failure *f) MUST_CHECK;

#endif
