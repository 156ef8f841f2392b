/* SPDX-License-Identifier: Apache-2.0 */
/* Letting the LAN have the MAC address of a guest that moved to another node. While an endpoint's
 * link is up, its master hands every frame to that address to the link, also the frames of the
 * node's other endpoints. With the link down, they go out to the LAN. */
#ifndef RECORD_YIELD_H
#define RECORD_YIELD_H

#include "base/found.h"
#include "netns/host.h"
#include "record/endpoint.h"

/* Whether the guest alone uses the endpoint: a complete endpoint with a tap, whose addresses belong
 * to the guest. Returns 0, or -1 with the reason. */
int endpoint_is_guests(const struct endpoint *e, struct failure *f) MUST_CHECK;

/* Set the link of a guest's endpoint up or down. The namespace and the link in it must be those of
 * the record, and its master this interface of the host (0: any). Needs CAP_NET_ADMIN. Returns
 * FOUND if it changed, FOUND_NONE if it was so before or has another master, or FOUND_FAILED:
 * CNI_AGAIN if another link on the master has the MAC address now. */
enum found endpoint_set_up(const struct endpoint *e, const struct host *host, uint32_t master,
                           bool up, struct failure *f) MUST_CHECK;

#endif
