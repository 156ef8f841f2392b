/* SPDX-License-Identifier: Apache-2.0 */
/* Whether the LAN can be asked for an address, and what follows where it cannot. */
#ifndef PLUGIN_REACH_H
#define PLUGIN_REACH_H

#include "plugin/attachment.h"

/* Waits until the endpoint, which is up, has a carrier, within a bound. 1: the LAN can be asked; 0:
 * it cannot, and the key noCarrier allows that, which the log says; -1: it cannot, and the
 * addresses are refused (CNI_AGAIN). */
int lan_reach(struct attachment *a, uint32_t ifindex, struct failure *f) MUST_CHECK;

/* The same after the LAN was asked, without waiting: whether it still can be. */
int lan_still_reached(struct attachment *a, uint32_t ifindex, struct failure *f) MUST_CHECK;

#endif
