/* SPDX-License-Identifier: Apache-2.0 */
/* Setting up the link of an endpoint in its container: settings, addresses, flags and routes. */
#ifndef PLUGIN_LINK_SETUP_H
#define PLUGIN_LINK_SETUP_H

#include "ipam/held.h"
#include "plugin/attachment.h"
#include "record/endpoint.h"

/* The objects that one setup works on; all open and borrowed. */
struct link_setup {
	struct attachment *attachment;
	const struct endpoint *endpoint;
	struct result *lease; /* the result of IPAM; NULL: no IPAM */
	enum proof proof;     /* of its addresses */
};

/* List the settings of the link: those of the key sysctl, and accept_ra 0 if routers on the LAN
 * must not configure it, because the guest has the addresses or IPAM gave no IPv6 address. */
void link_setup_sysctls(const struct link_setup *s, struct sysctls *all);

/* Write these settings as the record has them. The caller owns the JSON. Returns NULL without
 * memory. */
cJSON *link_setup_record(const struct link_setup *s);

/* Whether nothing has to be set, or known of the tap, before the link is up. The request that makes
 * the link then gives it its flags, too, and no setup is left. */
bool link_setup_is_none(const struct attachment *a);

/* Returns the flags of a link that is up (IFF_*). */
unsigned link_setup_flags(const struct attachment *a);

/* Say who has the MAC address of a link that the kernel refused for it (EADDRINUSE). Returns -1. */
int link_setup_refuse_mac(const struct link_setup *s, struct failure *f);

/* Set up the link and bring it up. Settings and addresses come first, so that the kernel announces
 * the addresses; then flags, duplicate address detection and routes. With the key acd the link
 * comes up first, because the addresses are probed through it. Fill the gateways that were used
 * into the lease's routes. Returns 0; with acd 1 if another host has *in_use, and the link has no
 * address; or -1. */
int link_setup_apply(const struct link_setup *s, struct ip *in_use, struct failure *f) MUST_CHECK;

#endif
