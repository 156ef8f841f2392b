/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses of a link: adding them, reading them back, and waiting until IPv6 proves them unique.
 */
#ifndef NETNS_ADDR_H
#define NETNS_ADDR_H

#include "base/address.h"
#include "netns/rtnl.h"

enum addr_dad { ADDR_DAD_NORMAL, ADDR_DAD_OPTIMISTIC, ADDR_DAD_OFF };

/* Add an address. An IPv4 prefix below 31 gets its broadcast address, too. `dad` is for IPv6.
 * Returns 0 or -1. */
int addr_add(struct rtnl *nl, uint32_t ifindex, const struct cidr *address, enum addr_dad dad,
             struct failure *f) MUST_CHECK;

/* Explain in a failure that the kernel has no IPv6. Do nothing for another errno or family. */
void ipv6_explain(uint8_t family, int err, struct failure *f);

/* Remove an address. Returns 0, also if the link does not have it, or -1. */
int addr_delete(struct rtnl *nl, uint32_t ifindex, const struct cidr *address,
                struct failure *f) MUST_CHECK;

struct addr {
	struct cidr address;
	uint32_t flags; /* IFA_F_* */
};

/* Call on_address() with each address of one family that the link has. Returns 0 or -1. */
int addr_each(struct rtnl *nl, uint32_t ifindex, uint8_t family,
              void (*on_address)(const struct addr *, void *data), void *data,
              struct failure *f) MUST_CHECK;

/* Let the socket receive changes of IPv6 addresses. addr_dad_wait() needs them, and ends that when
 * it returns. Returns 0 or -1. */
int addr_listen(struct rtnl *nl, struct failure *f) MUST_CHECK;

enum addr_dad_result {
	ADDR_UNIQUE,    /* all addresses can be used */
	ADDR_DUPLICATE, /* another host on the LAN has one */
	ADDR_UNPROVED,  /* not probed, because the link lost its carrier */
};

/* Wait by events until no IPv6 address of the link is tentative any more, for `seconds` at most.
 * Returns an enum addr_dad_result, with the address in *duplicate for ADDR_DUPLICATE, or -1:
 * CNI_AGAIN if the link is up and detection did not end. */
int addr_dad_wait(struct rtnl *nl, uint32_t ifindex, int seconds, struct cidr *duplicate,
                  struct failure *f) MUST_CHECK;

#endif
