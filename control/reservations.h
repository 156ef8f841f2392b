/* SPDX-License-Identifier: Apache-2.0 */
/* The addresses that a network has reserved for attachments without an endpoint record. */
#ifndef CONTROL_RESERVATIONS_H
#define CONTROL_RESERVATIONS_H

#include "base/address.h"
#include "cni/request.h"

#include <limits.h>
#include <net/if.h>

struct reservations {
	struct reserved {
		char address[IP_TEXT];
		char container_id[NAME_MAX + 1];
		char ifname[IFNAMSIZ];
	} * at; /* owned */
	size_t n;
};

void reservations_release(struct reservations *r);

/* Whether the reservations of an IPAM plugin are in a store that can be read here: podtap-ipam's,
 * which is host-local's. */
bool reservations_are_kept(const char *type);

/* Collect the reservations of a request's network in its store whose attachment has no record, and
 * is not known to a runtime.
 * The caller has closed the gate of the network, so that no ADD reserves meanwhile. Returns 0 or
 * -1. The caller releases all in any case. */
int reservations_find(struct reservations *all, const struct request *r,
                      struct failure *f) MUST_CHECK;

#endif
