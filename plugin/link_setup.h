/* SPDX-License-Identifier: Apache-2.0 */
/* Setting up the link of an endpoint in its container: settings, addresses, flags and routes. */
#ifndef PLUGIN_LINK_SETUP_H
#define PLUGIN_LINK_SETUP_H

#include "plugin/attachment.h"
#include "record/endpoint.h"

/* The objects that one setup works on; all open and borrowed. */
struct link_setup {
	struct attachment *attachment;
	const struct endpoint *endpoint;
	struct result *lease; /* the result of IPAM; NULL: no IPAM */
};

/* List the settings of the link: those of the key sysctl, and accept_ra 0 if routers on the LAN
 * must not configure it, because the guest has the addresses or IPAM gave no IPv6 address. */
void link_setup_sysctls(const struct link_setup *s, struct sysctls *all);

/* Set up the link and bring it up. Settings and addresses come first, so that the kernel announces
 * the addresses; then flags, duplicate address detection and routes. With the key acd the link
 * comes up first, because the addresses are probed through it. Fill the gateways that were used
 * into the lease's routes. Returns 0; with acd 1 if another host has *in_use, and the link has no
 * address; or -1. */
int link_setup_apply(const struct link_setup *s, struct ip *in_use, struct failure *f) MUST_CHECK;

#endif
