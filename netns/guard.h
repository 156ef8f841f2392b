/* SPDX-License-Identifier: Apache-2.0 */
/* The guard of one master: the program at its egress that checks and limits what its endpoints
 * send, the one at its ingress that limits what they receive, and their entries. The kernel holds
 * them as long as the master exists, so nothing is pinned. The master is an interface of the
 * process's namespace. Finding and making need CAP_SYS_ADMIN and CAP_NET_ADMIN. Several calls work
 * on one master at once: the caller holds a lock where it changes something. */
#ifndef NETNS_GUARD_H
#define NETNS_GUARD_H

#include "base/address.h"
#include "base/found.h"
#include "netns/guard_program.h"
#include "netns/rtnl.h"

struct guard {
	uint32_t ifindex; /* of the master */
	int program;
	int limit; /* the program at the ingress; -1: it is not there */
	int maps[GUARD_MAPS];
};

#define GUARD_CLOSED                                               \
	{                                                          \
		.program = -1, .limit = -1, .maps = { -1, -1, -1 } \
	}

void guard_release(struct guard *g);

/* Find the guard of a master. Returns FOUND, FOUND_NONE or FOUND_FAILED. */
enum found guard_find(struct guard *g, struct rtnl *nl, uint32_t ifindex,
                      struct failure *f) MUST_CHECK;

/* Load the program and attach it to a master that has none. Returns 0, or -1, with the reason if
 * the kernel lacks what it needs. */
int guard_make(struct guard *g, struct rtnl *nl, uint32_t ifindex, struct failure *f) MUST_CHECK;

/* Attach the program of the ingress, unless it is there. Returns 0 or -1. */
int guard_limit_received(struct guard *g, struct rtnl *nl, struct failure *f) MUST_CHECK;

/* Detach the programs if no endpoint is left. Returns 0 or -1. */
int guard_end(struct guard *g, struct rtnl *nl, struct failure *f) MUST_CHECK;

/* Add an endpoint's entry, and its namespace. Returns FOUND; FOUND_NONE, with nothing changed, if
 * another owner has an entry of that MAC address; or FOUND_FAILED. */
enum found guard_add(const struct guard *g, const struct mac *mac, const struct guard_entry *entry,
                     struct failure *f) MUST_CHECK;

/* Write the entry, also in place of another owner's. Its addresses become the endpoint's, and the
 * former ones nobody's. An address that another endpoint of the master has is refused (CNI_AGAIN).
 * Returns 0 or -1. */
int guard_write(const struct guard *g, const struct mac *mac, const struct guard_entry *entry,
                struct failure *f) MUST_CHECK;

/* Read an owner's entry (owner 0: of any owner). Returns FOUND, FOUND_NONE or FOUND_FAILED. */
enum found guard_read(const struct guard *g, const struct mac *mac, uint64_t owner,
                      struct guard_entry *entry, struct failure *f) MUST_CHECK;

/* Remove an owner's entry (owner 0: of any owner) with its addresses. Returns 0, also if there is
 * none, or -1. */
int guard_remove(const struct guard *g, const struct mac *mac, uint64_t owner,
                 struct failure *f) MUST_CHECK;

/* Call on_entry() with every endpoint, and with what counts for no endpoint: `mac` is NULL then.
 * Returns 0 or -1. */
int guard_each(const struct guard *g,
               void (*on_entry)(const struct mac *mac, const struct guard_entry *entry, void *data),
               void *data, struct failure *f) MUST_CHECK;

/* Whether the kernel can load the programs, without attaching them. Returns 0 or -1. */
int guard_supported(struct failure *f) MUST_CHECK;

#endif
