/* SPDX-License-Identifier: Apache-2.0 */
/* The entries of hostAccess on this host that no endpoint record has. */
#ifndef TOOLS_HOST_ENTRIES_H
#define TOOLS_HOST_ENTRIES_H

#include "base/failure.h"
#include "base/owned.h"
#include "netns/link.h"

struct host_entries_visit {
	int (*on_entry)(const struct link *master, const struct mac *mac, void *data);
	void *data;
};

/* Call on_entry() with every entry without a record, until it returns -1. Returns 0, also on a
 * kernel without eBPF, or -1. */
int host_entries_unrecorded(const struct host_entries_visit *v, struct failure *f) MUST_CHECK;

#endif
