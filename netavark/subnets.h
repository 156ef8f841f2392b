/* SPDX-License-Identifier: Apache-2.0 */
/* The subnets of a network: reading them, and the addresses and default routes in them. */
#ifndef NETAVARK_SUBNETS_H
#define NETAVARK_SUBNETS_H

#include "base/address.h"
#include "base/failure.h"
#include "base/owned.h"

#include <cjson/cJSON.h>
#include <stdbool.h>

enum { SUBNETS_MAX = 64 };

struct subnets {
	size_t n;
	struct subnet {
		struct cidr net;
		struct ip gateway; /* family 0: no gateway */
	} list[SUBNETS_MAX];
};

/* Read and check the subnets of a network. The gateways of an internal network count as absent.
 * Returns 0, or -1 (CNI_CONFIG): a value is invalid, a gateway is outside its subnet, or two
 * subnets overlap. */
int subnets_read(struct subnets *s, const cJSON *network, struct failure *f) MUST_CHECK;

bool subnets_have(const struct subnets *s, uint8_t family);

/* Find the subnet that contains an address. Returns NULL if there is no such subnet. */
const struct subnet *subnets_find(const struct subnets *s, const struct ip *ip);

/* Add the addresses of a container to an array, as podtap-ipam's key addresses has them, in the
 * order of the subnets. Returns 0, or -1 (CNI_CONFIG): an address is invalid or in no subnet, or
 * the container has no address. */
int subnets_addresses(const struct subnets *s, const cJSON *endpoint, cJSON *addresses,
                      struct failure *f) MUST_CHECK;

/* Add a route of a CNI result to an array. Returns 0, or -1 without memory. */
int route_json(cJSON *routes, const struct cidr *dst, const struct ip *gateway, uint32_t metric,
               struct failure *f) MUST_CHECK;

/* Add the default routes to an array: by the first gateway of each family. Returns 0 or -1. */
int subnets_default_routes(const struct subnets *s, uint32_t metric, cJSON *routes,
                           struct failure *f) MUST_CHECK;

#endif
