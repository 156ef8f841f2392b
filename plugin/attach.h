/* SPDX-License-Identifier: Apache-2.0 */
/* Making an endpoint's link and tap, under an interface index nobody else has. */
#ifndef PLUGIN_ATTACH_H
#define PLUGIN_ATTACH_H

#include "netns/placeholder.h"
#include "plugin/attachment.h"
#include "record/endpoint.h"

struct attach {
	struct attachment *attachment; /* borrowed */
	int records;              /* the container's directory of them; -1 before ours is in it */
	int devices;              /* the directory of device nodes; -1 without a tap */
	char *node;               /* its path, to be freed; the endpoint borrows it */
	bool linked;              /* the link exists and is ours to undo */
	struct placeholders held; /* of numbers that are not for us; attach() ends them */
	unsigned holding;         /* how many were added last */
	bool any_minor;           /* take the number that the kernel gives */
	bool proved;              /* the kernel said so: under whichever name it has by now */
};

/* Creates the link the endpoint describes, and its tap node; e->ifindex, e->tap and the record
 * follow each try. On failure the caller undoes the rest: the link when a->linked, the record.
 * Codes: CNI_CONFIG where the configuration does not fit the host, else the kernel's. */
int attach(struct attach *a, struct endpoint *e, struct failure *f) MUST_CHECK;

#endif
