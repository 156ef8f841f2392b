/* SPDX-License-Identifier: Apache-2.0 */
/* The link of an endpoint and its tap: creating both, under an interface index that is unique on
 * the host. */
#ifndef PLUGIN_LINK_TAP_H
#define PLUGIN_LINK_TAP_H

#include "netns/placeholder.h"
#include "plugin/attachment.h"
#include "record/endpoint.h"

struct link_tap {
	struct attachment *attachment; /* borrowed */
	int records;              /* the directory of the container's records; -1: no record yet */
	int devices;              /* the directory of device nodes; -1: the kind has no tap */
	char *node;               /* the node's path, owned; the endpoint borrows it */
	bool linked;              /* the link exists, and the caller has to undo it */
	struct placeholders held; /* keep tap numbers in use that this endpoint must not get */
	unsigned holding;         /* how many placeholders were added last */
	bool any_minor;           /* accept any tap number */
	bool fixed;               /* the endpoint had its index before, and keeps it */
	dev_t former; /* the tap number that it had, which it gets again if possible; 0: none */
	bool proved;  /* the kernel confirmed the link; it may have got another name since */
};

/* Create the link that the endpoint describes, and its tap node. Update e->ifindex, e->tap and the
 * record before each try. On failure the caller undoes the link when lt->linked, and the record.
 * Returns 0, or -1: CNI_CONFIG when the configuration does not fit the host, else the kernel's. */
int link_tap_create(struct link_tap *lt, struct endpoint *e, struct failure *f) MUST_CHECK;

/* Link the tap's device number to its node, /dev/char/MAJOR:MINOR, when the record is complete.
 * Does nothing for a kind without a tap. Returns 0, also if a foreign object has the name, or -1.
 */
int link_tap_number(const struct link_tap *lt, const struct endpoint *e,
                    struct failure *f) MUST_CHECK;

#endif
