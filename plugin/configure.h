/* SPDX-License-Identifier: Apache-2.0 */
/* Configuring an endpoint's link in its container. */
#ifndef PLUGIN_CONFIGURE_H
#define PLUGIN_CONFIGURE_H

#include "plugin/attachment.h"
#include "record/endpoint.h"

/* What one configuration works on, opened in the container and borrowed. */
struct configuring {
	struct attachment *attachment;
	const struct endpoint *endpoint;
	struct result *lease; /* what IPAM gave; NULL without */
};

/* The settings the link gets: those of the key sysctl, and accept_ra 0 where routers of the LAN are
 * not to configure it, because the guest has the addresses or IPAM gave no IPv6 one. */
void configure_sysctls(const struct configuring *c, struct sysctls *all);

/* Sets what the configuration asks for and brings the link up: settings and addresses first, so
 * that they are announced, then flags, then duplicate address detection, then routes. With the key
 * acd the link comes up first, since the LAN is asked through it. Gateways that were used are
 * filled into the lease's routes. 1, only with acd: *taken is in use on the LAN, and the link has
 * no address. */
int configure(const struct configuring *c, struct ip *taken, struct failure *f) MUST_CHECK;

#endif
