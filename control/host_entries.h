/* SPDX-License-Identifier: Apache-2.0 */
/* The entries of hostAccess and antispoof on this host that no endpoint record has. */
#ifndef CONTROL_HOST_ENTRIES_H
#define CONTROL_HOST_ENTRIES_H

#include "netns/link.h"
#include "plugin/host_programs.h"

#include <stdbool.h>

struct host_entries_visit {
	int (*on_entry)(const struct host_program *program, const struct link *master,
	                const struct mac *mac, void *data);
	void *data;
	bool whole; /* fail if a record cannot be read, which might have an entry */
};

/* Call on_entry() with every entry without a record, until it returns -1. Returns 0, also on a
 * kernel without eBPF, or -1. */
int host_entries_unrecorded(const struct host_entries_visit *v, struct failure *f) MUST_CHECK;

#endif
