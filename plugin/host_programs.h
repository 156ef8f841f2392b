/* SPDX-License-Identifier: Apache-2.0 */
/* The programs at masters that have entries of endpoints. */
#ifndef PLUGIN_HOST_PROGRAMS_H
#define PLUGIN_HOST_PROGRAMS_H

#include "base/address.h"
#include "base/found.h"
#include "netns/rtnl.h"
#include "plugin/config.h"
#include "record/endpoint.h"

/* Gets an entry: its MAC address, and which attachment wrote it (host_entry_owner()). */
typedef void host_entry_visitor(const struct mac *mac, uint64_t owner, void *data);

/* A program with an entry for each endpoint that has the key. */
struct host_program {
	const char *key;                                /* of the configuration */
	const char *member;                             /* of the record, and of a listing */
	bool (*wanted)(const struct config *c);         /* the endpoints of a network have it */
	uint32_t (*recorded)(const struct endpoint *e); /* the master's index, or 0 */
	/* Call on_entry() (NULL: only look) with the entries of a master. Returns FOUND, FOUND_NONE
	 * without the program, or FOUND_FAILED. */
	enum found (*each)(struct rtnl *nl, uint32_t ifindex, host_entry_visitor *on_entry,
	                   void *data, struct failure *f);
	/* Remove an entry, and the program without entries. The caller has the lock of the state.
	 * Returns 0 or -1. */
	int (*remove)(struct rtnl *nl, uint32_t ifindex, const struct mac *mac, struct failure *f);
};

enum { HOST_PROGRAMS = 2 };
extern const struct host_program host_programs[HOST_PROGRAMS];

#endif
