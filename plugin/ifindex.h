/* SPDX-License-Identifier: Apache-2.0 */
/* Interface indices unique on the host: /dev has one name an index, while the kernel counts indices
 * in each namespace anew. */
#ifndef PLUGIN_IFINDEX_H
#define PLUGIN_IFINDEX_H

#include "base/failure.h"
#include "base/owned.h"

#include <stdbool.h>
#include <stdint.h>

/* Draws an index at random from a range no kernel counts up to. */
int ifindex_draw(uint32_t *index, struct failure *f) MUST_CHECK;

/* Notes an index as an attachment's. 1: it is now; 0: another attachment has it. What is noted only
 * keeps two endpoints of ours from drawing alike: losing it loses nothing. */
int ifindex_claim(uint32_t index, const char *container_id, const char *ifname,
                  struct failure *f) MUST_CHECK;

/* Whether an index is noted as another attachment's: 1, 0, or -1 when that cannot be told. */
int ifindex_is_others(uint32_t index, const char *container_id, const char *ifname,
                      struct failure *f) MUST_CHECK;

/* Whether it is noted as this attachment's: 1, 0, or -1. */
int ifindex_is_claimed(uint32_t index, const char *container_id, const char *ifname,
                       struct failure *f) MUST_CHECK;

/* Forgets an index, if it is noted as this attachment's. */
int ifindex_release(uint32_t index, const char *container_id, const char *ifname,
                    struct failure *f) MUST_CHECK;

#endif
