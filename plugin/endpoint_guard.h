/* SPDX-License-Identifier: Apache-2.0 */
/* An endpoint's part of the guard of its master, with the key antispoof or a rate. Several calls
 * work on one master at once, so each takes the lock of the state. */
#ifndef PLUGIN_ENDPOINT_GUARD_H
#define PLUGIN_ENDPOINT_GUARD_H

#include "netns/guard.h"
#include "plugin/attachment.h"
#include "record/endpoint.h"

struct endpoint_guard {
	struct guard guard; /* open from endpoint_guard_make() or endpoint_guard_open() on */
	struct guard_entry entry;
	struct mac mac;
	int stamp;   /* the program for the endpoint's own link */
	bool others; /* the entry is another endpoint's until endpoint_guard_confirm() */
};

#define ENDPOINT_GUARD_NONE                        \
	{                                          \
		.guard = GUARD_CLOSED, .stamp = -1 \
	}

void endpoint_guard_release(struct endpoint_guard *g);

/* Find the master whose guard the endpoint needs, for the record: e->guard is its index, or 0
 * without the keys. Returns 0, or -1: CNI_CONFIG if the keys cannot work there. */
int endpoint_guard_describe(struct attachment *a, struct endpoint *e, struct failure *f) MUST_CHECK;

/* Add the endpoint's entry before its link exists, by the descriptor that owns the attachment, and
 * the guard if it is the master's first one. Needs PRIVILEGE_OPENING. Returns 0 or -1. */
int endpoint_guard_make(struct endpoint_guard *g, struct attachment *a, const struct endpoint *e,
                        int owner, struct failure *f) MUST_CHECK;

/* Attach the endpoint's own program to its link, which is down. Returns 0 or -1. */
int endpoint_guard_attach(const struct endpoint_guard *g, struct rtnl *sandbox, uint32_t ifindex,
                          struct failure *f) MUST_CHECK;

/* Replace the endpoint's addresses by those of a lease. Returns 0, or -1: CNI_AGAIN if another
 * endpoint of the master has one. */
int endpoint_guard_addresses(struct endpoint_guard *g, const struct result *lease,
                             struct failure *f) MUST_CHECK;

/* Make the entry this endpoint's when its link is up, which proves that nothing else on the master
 * has its MAC address. Returns 0 or -1. */
int endpoint_guard_confirm(const struct endpoint_guard *g, struct failure *f) MUST_CHECK;

/* Open the guard that a record names. Needs PRIVILEGE_OPENING. Returns 0, also if it is gone, or
 * -1. */
int endpoint_guard_open(struct endpoint_guard *g, struct rtnl *host, const struct endpoint *e,
                        struct failure *f) MUST_CHECK;

/* Remove the entry, when the link is gone, by the open descriptors, and the guard without entries.
 * Returns 0, also if nothing is open, or -1. */
int endpoint_guard_undo(struct endpoint_guard *g, struct rtnl *host, struct failure *f) MUST_CHECK;

/* Remove the entry of a link without a record, which is gone. Needs PRIVILEGE_OPENING. Returns 0,
 * also if no entry is there, or -1. */
int endpoint_guard_forget(const struct link *link, const char *container_id, const char *ifname,
                          struct failure *f) MUST_CHECK;

/* Open the guard that a record names, and read the endpoint's entry into g->entry. Needs
 * PRIVILEGE_OPENING. Returns FOUND, FOUND_NONE or FOUND_FAILED. */
enum found endpoint_guard_recorded(struct endpoint_guard *g, struct rtnl *host,
                                   const struct endpoint *e, struct failure *f) MUST_CHECK;

/* Whether the endpoint with this MAC address has its entry. Needs PRIVILEGE_OPENING. Returns FOUND,
 * FOUND_NONE or FOUND_FAILED. */
enum found endpoint_guard_exists(struct attachment *a, const struct mac *mac,
                                 struct failure *f) MUST_CHECK;

#endif
