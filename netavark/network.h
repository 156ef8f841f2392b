/* SPDX-License-Identifier: Apache-2.0 */
/* A network of podman's as a configuration of podtap, so that all its values pass one decoder. */
#ifndef NETAVARK_NETWORK_H
#define NETAVARK_NETWORK_H

#include "base/failure.h"
#include "base/owned.h"

#include <cjson/cJSON.h>
#include <stdbool.h>

enum ipam_driver { IPAM_HOST_LOCAL, IPAM_DHCP, IPAM_NONE };

/* Find the IPAM driver of a network: the one it names, or as netavark chooses for macvlan:
 * host-local if it has subnets, else dhcp. Returns 0, or -1 (CNI_CONFIG) if it goes with the
 * network's subnets in no way. */
int network_driver(const cJSON *network, enum ipam_driver *driver, struct failure *f) MUST_CHECK;

const char *network_driver_name(enum ipam_driver driver);

/* Make the configuration of an endpoint. `endpoint` is netavark's network_options: what the
 * container asks for, with the addresses that podman reserved for it. NULL: only check the network.
 * If `leniently`, what is invalid counts as absent, for teardown. Returns the configuration, which
 * the caller owns, or NULL: CNI_CONFIG, which names the value, or CNI_DECODE. */
cJSON *network_config(const cJSON *network, const cJSON *endpoint, bool leniently,
                      struct failure *f) MUST_CHECK;

#endif
