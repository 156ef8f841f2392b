/* SPDX-License-Identifier: Apache-2.0 */
/* The CDI specification of an endpoint's tap: one file a device name, under which runtimes that
 * know CDI hand the tap to a container (--device podtap.dev/tap=NAME). */
#ifndef PLUGIN_CDI_H
#define PLUGIN_CDI_H

#include "record/endpoint.h"

/* Finds the endpoint that has the name e->cdi, by the specification there. 1: *ifindex tells it; 0:
 * none of ours has it, or e itself has; -1 (CNI_IO). */
int cdi_holder(const struct endpoint *e, uint32_t *ifindex, struct failure *f) MUST_CHECK;

/* Writes the specification of the device e->cdi, atomically, also in place of that of `former`,
 * which cdi_permit() told; CNI_AGAIN where another endpoint has taken the name since. Success, with
 * nothing done, without e->cdi. The record must name the device already: whoever finds only the
 * record then knows which file to remove. */
int cdi_write(const struct endpoint *e, uint32_t former, struct failure *f) MUST_CHECK;

/* Removes the specification while it is this endpoint's; a successor's of that name stays. */
int cdi_remove(const struct endpoint *e, struct failure *f) MUST_CHECK;

/* The same for a link no record tells of: of all specifications of ours, the one of its tap.
 * *number is the number that it told, 0 where there was none. */
int cdi_remove_unrecorded(uint32_t ifindex, dev_t *number, struct failure *f) MUST_CHECK;

#endif
