/* SPDX-License-Identifier: Apache-2.0 */
/* Interface indices unique on the host: /dev has one name an index, while the kernel counts indices
 * in each namespace anew. */
#ifndef PLUGIN_IFINDEX_H
#define PLUGIN_IFINDEX_H

#include "base/failure.h"
#include "base/owned.h"

#include <limits.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

/* What names one attachment. */
struct attachment_name {
	char container_id[NAME_MAX + 1];
	char ifname[IFNAMSIZ];
};

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

/* Reads whose an index is noted as. 1: *owner tells; 0: nobody's; -1. */
int ifindex_owner(uint32_t index, struct attachment_name *owner, struct failure *f) MUST_CHECK;

/* Finds an index that is noted as this attachment's, among all: for when the record does not tell
 * it. 1, 0, -1. */
int ifindex_find(const char *container_id, const char *ifname, uint32_t *index,
                 struct failure *f) MUST_CHECK;

/* Forgets an index, if it is noted as this attachment's. */
int ifindex_release(uint32_t index, const char *container_id, const char *ifname,
                    struct failure *f) MUST_CHECK;

#endif
