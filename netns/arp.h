/* SPDX-License-Identifier: Apache-2.0 */
/* IPv4 address conflict detection (RFC 5227): probing the LAN for an address before using it. */
#ifndef NETNS_ARP_H
#define NETNS_ARP_H

#include "base/address.h"
#include "base/failure.h"
#include "base/owned.h"

#include <stdbool.h>
#include <stdint.h>

/* Open a socket for ARP in the namespace of the process. It receives nothing before arp_probe().
 * Returns the descriptor, which the caller owns, or -1 with errno. */
int arp_open(void);

/* Bind the socket to a link and probe for the address three times (section 2.1.1). The intervals
 * are shorter than the RFC's, because a runtime is waiting: less than a second in all. Returns 1
 * with the MAC address of a host that has the address, or probes for it too, in *holder; 0 if no
 * host answered; or -1. */
int arp_probe(int fd, uint32_t ifindex, const struct mac *own, const struct ip *address,
              struct mac *holder, struct failure *f) MUST_CHECK;

/* Announce that this link has the address now (section 2.3). Returns 0 or -1. */
int arp_announce(int fd, uint32_t ifindex, const struct mac *own, const struct ip *address,
                 struct failure *f) MUST_CHECK;

#endif
