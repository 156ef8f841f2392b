/* SPDX-License-Identifier: Apache-2.0 */
/* Making an endpoint again whose link is gone: the kernel deletes it with its master, such as when
 * the driver of a NIC is loaded again, or a bond is made anew. */
#ifndef PLUGIN_REPAIR_H
#define PLUGIN_REPAIR_H

#include "cni/request.h"
#include "record/endpoint.h"

struct repair {
	const struct request *request; /* the call that made the endpoint */
	const struct endpoint *record; /* what is recorded of it */
	int owner;                     /* holds the ownership of the attachment */
	bool dry;                      /* stop before the first change */
	dev_t tap;                     /* set: the number of its tap now; 0: none */
};

/* Make the link of an endpoint again, with its name, MAC address, index, addresses, routes and
 * settings, and complete the record. IPAM is not asked: the reservation never ended. In mode
 * passthru without a MAC address of its own, it gets that of the new master. Do nothing if the link
 * is there, or if the namespace is another one now. Ask the policy. Gives up privileges: for a
 * process that does nothing else afterwards. After a failure the record is as before; a process
 * that is killed leaves one that says so, and the next repair, DEL or GC removes what there is of
 * the link. Returns 1; 0 if the link is there; or -1. */
int repair(struct repair *r, struct failure *f) MUST_CHECK;

#endif
