/* SPDX-License-Identifier: Apache-2.0 */
/* MAC addresses that follow from names: the same at every start and on every node. */
#ifndef BASE_STABLE_MAC_H
#define BASE_STABLE_MAC_H

#include "base/address.h"

/* All borrowed. */
struct mac_owner {
	const char *network;
	const char *space; /* the namespace of the pod; "": none */
	const char *name;  /* of the pod or container */
	const char *ifname;
};

/* Derive the MAC address of an interface: the first six bytes of the XXH64, with seed 0, of the
 * four texts with a line feed between each, and then unicast and locally administered by the two
 * lowest bits of the first byte. The derivation never changes, because DHCP servers have these
 * addresses. Returns false, with *out untouched, if the texts are too long, or one of them has a
 * line feed. */
bool stable_mac(const struct mac_owner *owner, struct mac *out);

#endif
