/* SPDX-License-Identifier: Apache-2.0 */
/* The entry of an endpoint in the program of its master, with the key hostAccess: its MAC address.
 * Several calls work on one master at once, so each takes the lock of the state. */
#ifndef PLUGIN_HOST_ENTRY_H
#define PLUGIN_HOST_ENTRY_H

#include "netns/host_access.h"
#include "plugin/attachment.h"
#include "record/endpoint.h"

struct host_entry {
	struct host_access access; /* open from host_entry_make() on */
	bool others;               /* the entry is another endpoint's until host_entry_confirm() */
};

#define HOST_ENTRY_NONE                   \
	{                                 \
		HOST_ACCESS_CLOSED, false \
	}

void host_entry_release(struct host_entry *h);

/* Returns the number of an attachment among the entries; never 0. */
uint64_t host_entry_owner(const char *container_id, const char *ifname);

/* Find the master whose program the endpoint needs, for the record: e->host_access is its index, or
 * 0 without the key. Returns 0, or -1: CNI_CONFIG if the key cannot work there. */
int host_entry_describe(struct attachment *a, struct endpoint *e, struct failure *f) MUST_CHECK;

/* Add the endpoint's entry before its link exists, by the descriptor that owns the attachment, and
 * the program if it is the master's first one. An entry that another endpoint has stays: then the
 * link will not come up, or that endpoint is gone. Needs PRIVILEGE_OPENING. Returns 0 or -1. */
int host_entry_make(struct host_entry *h, struct attachment *a, const struct endpoint *e, int owner,
                    struct failure *f) MUST_CHECK;

/* Make the entry this endpoint's when its link is up, which proves that nothing else on the master
 * has its MAC address. Returns 0 or -1. */
int host_entry_confirm(const struct host_entry *h, const struct endpoint *e,
                       struct failure *f) MUST_CHECK;

/* Remove the entry that an ADD made, by the open descriptors, and the program without entries. */
int host_entry_undo(const struct host_entry *h, struct rtnl *host, const struct endpoint *e,
                    struct failure *f) MUST_CHECK;

/* Remove the entry that a record names, or that of a link without a record, and the program without
 * entries. Needs PRIVILEGE_OPENING. Returns 0, also if nothing was there, or -1. */
int host_entry_remove(struct rtnl *host, const struct endpoint *e, struct failure *f) MUST_CHECK;
int host_entry_forget(const struct link *link, const char *container_id, const char *ifname,
                      struct failure *f) MUST_CHECK;

/* Add the entry of a complete endpoint again, after host_entry_remove(). Its link is up, so that
 * nothing else on the master has its MAC address. Returns 0, also without the key, or -1. */
int host_entry_restore(struct rtnl *host, const struct endpoint *e, struct failure *f) MUST_CHECK;

/* Whether the endpoint with this MAC address has its entry. Needs PRIVILEGE_OPENING. Returns FOUND,
 * FOUND_NONE or FOUND_FAILED. */
enum found host_entry_exists(struct attachment *a, const struct mac *mac,
                             struct failure *f) MUST_CHECK;

/* The same, by the record. */
enum found host_entry_recorded(struct rtnl *host, const struct endpoint *e,
                               struct failure *f) MUST_CHECK;

#endif
