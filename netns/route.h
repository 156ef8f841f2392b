/* SPDX-License-Identifier: Apache-2.0 */
/* Routes: adding one, finding a link's, and finding the default route's link. */
#ifndef NETNS_ROUTE_H
#define NETNS_ROUTE_H

#include "base/address.h"
#include "base/found.h"
#include "netns/rtnl.h"

struct route_want {
	struct cidr dst; /* host bits clear */
	struct ip gw;    /* family 0: the destination is on the link */
	bool on_link;    /* the gateway is on the link, even if no address shows it */
	uint32_t ifindex;
	uint32_t mtu;      /* 0: none */
	uint32_t advmss;   /* 0: none */
	uint32_t priority; /* metric; 0: the kernel's */
	uint32_t table;    /* 0: main */
	uint8_t scope;     /* RT_SCOPE_* */
};

/* Add a route before equal ones of other programs. Returns 0, also if an identical route exists, or
 * -1: CNI_CONFIG if the gateway is of the other family. */
int route_add(struct rtnl *nl, const struct route_want *want, struct failure *f) MUST_CHECK;

struct route_seen {
	struct cidr dst;
	struct ip gw;
	uint32_t table;
};

/* Call on_route() with each route of one family, in any table, that has a next hop on this link,
 * once for each such hop. Returns 0 or -1. */
int route_each(struct rtnl *nl, uint32_t ifindex, uint8_t family,
               void (*on_route)(const struct route_seen *, void *data), void *data,
               struct failure *f) MUST_CHECK;

/* Find the output link of the default route in table main: the IPv4 route of the lowest metric,
 * else IPv6's; the first next hop of a multipath route. Returns FOUND with it in *ifindex,
 * FOUND_NONE or FOUND_FAILED. The caller can only close the socket afterwards. */
enum found route_default(struct rtnl *nl, uint32_t *ifindex, struct failure *f) MUST_CHECK;

#endif
