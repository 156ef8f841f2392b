/* SPDX-License-Identifier: Apache-2.0 */
/* hostAccess on one master: the program at its egress that turns round the frames between the host
 * and its endpoints, and the MAC addresses of those endpoints. The kernel holds both as long as the
 * master exists, so nothing is pinned. The master is an interface of the process's namespace.
 * Finding and making need CAP_SYS_ADMIN and CAP_NET_ADMIN. */
#ifndef NETNS_HOST_ACCESS_H
#define NETNS_HOST_ACCESS_H

#include "base/address.h"
#include "base/found.h"
#include "netns/link.h"
#include "netns/rtnl.h"

struct host_access {
	uint32_t ifindex; /* of the master */
	int program;
	int macs; /* the map of the endpoints' MAC addresses */
	int own;  /* the map of the master's own one; -1: the program keeps it right by itself */
};

#define HOST_ACCESS_CLOSED                           \
	{                                            \
		.program = -1, .macs = -1, .own = -1 \
	}

void host_access_release(struct host_access *a);

/* Find the program of a master. Returns FOUND, FOUND_NONE or FOUND_FAILED. */
enum found host_access_find(struct host_access *a, struct rtnl *nl, uint32_t ifindex,
                            struct failure *f) MUST_CHECK;

/* Load the program and attach it to a master that has none. Returns 0, or -1, with the reason if
 * the kernel lacks what it needs. */
int host_access_make(struct host_access *a, struct rtnl *nl, const struct link *master,
                     struct failure *f) MUST_CHECK;

/* Detach the program if no endpoint is left. Returns 0 or -1. */
int host_access_end(const struct host_access *a, struct rtnl *nl, struct failure *f) MUST_CHECK;

/* Tell the program the master's own MAC address, unless it keeps that right by itself. Returns 0 or
 * -1. */
int host_access_own(const struct host_access *a, const struct mac *own,
                    struct failure *f) MUST_CHECK;

/* Add a MAC address for an owner, a number that is not 0, and read whose it is. Replacing makes it
 * this owner's. Removing a MAC address that is another owner's, or of nobody, does nothing (owner
 * 0: remove it in any case). All return FOUND if it is this owner's then or was, FOUND_NONE if not,
 * or FOUND_FAILED. */
enum found host_access_add(const struct host_access *a, const struct mac *mac, uint64_t owner,
                           struct failure *f) MUST_CHECK;
enum found host_access_has(const struct host_access *a, const struct mac *mac, uint64_t owner,
                           struct failure *f) MUST_CHECK;
enum found host_access_replace(const struct host_access *a, const struct mac *mac, uint64_t owner,
                               struct failure *f) MUST_CHECK;
enum found host_access_remove(const struct host_access *a, const struct mac *mac, uint64_t owner,
                              struct failure *f) MUST_CHECK;

/* Call on_mac() with every MAC address and its owner. Returns 0 or -1. */
int host_access_each(const struct host_access *a,
                     void (*on_mac)(const struct mac *mac, uint64_t owner, void *data), void *data,
                     struct failure *f) MUST_CHECK;

/* Whether the kernel can load the program, without attaching it. Returns 0 or -1. */
int host_access_supported(struct failure *f) MUST_CHECK;

#endif
