/* SPDX-License-Identifier: Apache-2.0 */
/* The routes of a lease: by which gateway they lead, and setting them. */
#ifndef PLUGIN_ROUTES_H
#define PLUGIN_ROUTES_H

#include "plugin/configure.h"

/* Fills the gateway into each route that has none: the first one of its family, unless the route's
 * scope says that nothing lies between. A route to a gateway alone has the scope of the link. */
void routes_complete(struct result *lease);

/* Sets the lease's routes, those straight on the link first: they may lead to the gateways of
 * others. Where every address of a family is a /32 or /128, its gateways are on the link. A gateway
 * that is not is CNI_CONFIG, by name and with what to write. */
int routes_add(const struct configuring *w, struct failure *f) MUST_CHECK;

#endif
