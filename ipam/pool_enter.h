/* SPDX-License-Identifier: Apache-2.0 */
/* An ADD that finds no address of its pool in the pool's file. */
#ifndef IPAM_POOL_ENTER_H
#define IPAM_POOL_ENTER_H

#include "cni/request.h"
#include "ipam/ipam_config.h"

/* Tell podtap-addresses where the network's reservations will be, before it claims addresses for
 * them; and fail, because the node has none yet. Returns -1: CNI_AGAIN if waiting can help. */
int pool_lacks(const struct request *r, const struct ipam_config *c, struct failure *f);

/* Returns the number of an attachment among those that wait. */
uint64_t pool_waiting_number(const struct request *r);

#endif
