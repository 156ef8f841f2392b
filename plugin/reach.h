/* SPDX-License-Identifier: Apache-2.0 */
/* Whether addresses can be probed on the LAN, and the consequence if they cannot. */
#ifndef PLUGIN_REACH_H
#define PLUGIN_REACH_H

#include "plugin/attachment.h"

/* Wait, up to a bound, until the endpoint, which is up, has a carrier. Returns 1 if the LAN can be
 * probed; 0 if not, and the key noCarrier allows that, with a warning in the log; or -1: CNI_AGAIN
 * if the addresses have to be refused. */
int lan_reach(struct attachment *a, uint32_t ifindex, struct failure *f) MUST_CHECK;

/* Like lan_reach(), but after the probe and without waiting: check that the LAN still can be
 * probed. */
int lan_still_reached(struct attachment *a, uint32_t ifindex, struct failure *f) MUST_CHECK;

#endif
