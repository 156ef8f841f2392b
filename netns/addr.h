/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses of a link: adding them, reading them back, and waiting until IPv6 has proved them
 * unique. */
#ifndef NETNS_ADDR_H
#define NETNS_ADDR_H

#include "base/address.h"
#include "netns/rtnl.h"

enum addr_dad { ADDR_DAD_NORMAL, ADDR_DAD_OPTIMISTIC, ADDR_DAD_OFF };

/* Adds an address (with its broadcast address for an IPv4 prefix below 31). `dad` is for IPv6. */
int addr_add(struct rtnl *nl, uint32_t ifindex, const struct cidr *address, enum addr_dad dad,
             struct failure *f) MUST_CHECK;

/* Adds to a failure what it means that the kernel knows no such family: nothing where the errno or
 * the family is another. */
void ipv6_explain(uint8_t family, int err, struct failure *f);

/* Removes an address; one that is not there is success. */
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

/* Has the socket receive changes of IPv6 addresses, which addr_dad_wait() waits for, until that
 * returns. */
int addr_listen(struct rtnl *nl, struct failure *f) MUST_CHECK;

enum addr_dad_result {
	ADDR_UNIQUE,    /* all can be used */
	ADDR_DUPLICATE, /* the LAN has one already */
	ADDR_UNPROVED,  /* the LAN could not be asked: the link has lost its carrier */
};

/* Waits, by event, until no IPv6 address of the link is tentative any more, for `seconds` at most.
 * Returns an enum addr_dad_result, with ADDR_DUPLICATE the address in *duplicate, or -1. A link
 * that is up and still not done is CNI_AGAIN. */
int addr_dad_wait(struct rtnl *nl, uint32_t ifindex, int seconds, struct cidr *duplicate,
                  struct failure *f) MUST_CHECK;

#endif
