/* SPDX-License-Identifier: Apache-2.0 */
/* Interface indices that are unique on the host. /dev has one name for each index, but the kernel
 * counts indices anew in each namespace. */
#ifndef RECORD_IFINDEX_H
#define RECORD_IFINDEX_H

#include "base/failure.h"
#include "base/owned.h"

#include <limits.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

/* The name of one attachment. */
struct attachment_name {
	char container_id[NAME_MAX + 1];
	char ifname[IFNAMSIZ];
};

/* Draw an index at random from a range that no kernel counts up to. Returns 0 or -1. */
int ifindex_draw(uint32_t *index, struct failure *f) MUST_CHECK;

/* Claim an index for an attachment. A claim only keeps two endpoints from drawing the same index,
 * so that losing it is harmless. Returns 1; 0 if another attachment has it; or -1. */
int ifindex_claim(uint32_t index, const char *container_id, const char *ifname,
                  struct failure *f) MUST_CHECK;

/* Whether another attachment has claimed an index. Returns 1, 0 or -1. */
int ifindex_is_others(uint32_t index, const char *container_id, const char *ifname,
                      struct failure *f) MUST_CHECK;

/* Whether this attachment has claimed an index. Returns 1, 0 or -1. */
int ifindex_is_claimed(uint32_t index, const char *container_id, const char *ifname,
                       struct failure *f) MUST_CHECK;

/* Find the attachment that has claimed an index. Returns 1 with it in *owner, 0 or -1. */
int ifindex_owner(uint32_t index, struct attachment_name *owner, struct failure *f) MUST_CHECK;

/* Search all claims for one of this attachment, for a DEL whose record does not have the index.
 * Returns 1, 0 or -1. */
int ifindex_find(const char *container_id, const char *ifname, uint32_t *index,
                 struct failure *f) MUST_CHECK;

/* Call on_claim() with every claim. Returns 0 or -1. */
int ifindex_each(void (*on_claim)(uint32_t index, const struct attachment_name *owner, void *data),
                 void *data, struct failure *f) MUST_CHECK;

/* Release the claim of an index, if it is this attachment's. Returns 0 or -1. */
int ifindex_release(uint32_t index, const char *container_id, const char *ifname,
                    struct failure *f) MUST_CHECK;

#endif
