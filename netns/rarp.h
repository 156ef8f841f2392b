/* SPDX-License-Identifier: Apache-2.0 */
/* Hearing guests that announce themselves from the LAN. A hypervisor sends a RARP for its guest
 * when the guest runs on a new node. Guests and hosts send none in normal operation. */
#ifndef NETNS_RARP_H
#define NETNS_RARP_H

#include "base/address.h"
#include "base/failure.h"
#include "base/owned.h"

/* Open a socket that receives RARP on all interfaces of the namespace of the process. The kernel
 * hands it no other frame, and none that is sent here. Needs CAP_NET_RAW. Returns the descriptor,
 * which the caller owns, or -1. */
int rarp_open(struct failure *f) MUST_CHECK;

/* Read the next frame, without waiting. Returns 1 with its source address and the interface that
 * received it, 0 if no frame waits, or -1. */
int rarp_read(int fd, struct mac *source, uint32_t *ifindex, struct failure *f) MUST_CHECK;

#endif
