/* SPDX-License-Identifier: Apache-2.0 */
/* Networks as whereabouts' configuration spells them: "192.0.2.0/24", or with the ends of the range
 * "192.0.2.10-192.0.2.99/24". */
#ifndef IPAM_PARTNER_H
#define IPAM_PARTNER_H

#include "ipam/held.h"
#include "ipam/range.h"

/* Read a range; out->start and out->end are the keys range_start and range_end (family 0: not set).
 * As with whereabouts, an end that is no host of the network, or comes before the start, counts as
 * not set; the host bits of the network do not count. Returns 0, or -1 (CNI_CONFIG). */
int partner_range_read(struct range *out, const char *text, struct failure *f) MUST_CHECK;

/* Write the name of the AddressPool that has the place of whereabouts' IPPool: "192-0-2-0-24", or
 * "<network_name>-192-0-2-0-24". Returns 0, or -1 (CNI_CONFIG) if that is no name of a pool. */
int partner_pool_name(const char *network_name, const struct cidr *subnet,
                      char name[static POOL_NAME], struct failure *f) MUST_CHECK;

#endif
