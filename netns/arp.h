/* SPDX-License-Identifier: Apache-2.0 */
/* IPv4 address conflict detection (RFC 5227): asking the LAN who has an address before using it. */
#ifndef NETNS_ARP_H
#define NETNS_ARP_H

#include "base/address.h"
#include "base/failure.h"
#include "base/owned.h"

#include <stdbool.h>
#include <stdint.h>

/* Opens a socket for ARP in the namespace the process is in, which hears nothing yet; -1 with
 * errno. The caller owns it. */
int arp_open(void);

/* Binds the socket to a link and asks for the address, three times in well under a second, hearing
 * out the answers (sections 2.1.1; the intervals are shorter, since a runtime is waiting). 1:
 * somebody else has it or probes for it too, and *holder is who; 0: nobody answered. */
int arp_probe(int fd, uint32_t ifindex, const struct mac *own, const struct ip *address,
              struct mac *holder, struct failure *f) MUST_CHECK;

/* Announces that the address is ours from now on (section 2.3). */
int arp_announce(int fd, uint32_t ifindex, const struct mac *own, const struct ip *address,
                 struct failure *f) MUST_CHECK;

#endif
