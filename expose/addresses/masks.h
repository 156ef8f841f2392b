/* SPDX-License-Identifier: Apache-2.0 */
/* The addresses of one block as bits of a number: bit 0 is the block's first address. */
#ifndef EXPOSE_ADDRESSES_MASKS_H
#define EXPOSE_ADDRESSES_MASKS_H

#include "expose/addresses/objects.h"

typedef uint16_t mask; /* BLOCK_SIZE bits */

struct claimant {
	char node[NODE_NAME];
	char uid[NODE_UID];
};

static inline unsigned mask_count(mask m)
{
	return (unsigned)__builtin_popcount(m);
}

/* Returns the number of blocks that a set touches, and the first address of one of them. */
uint32_t set_blocks(const struct pool_set *s);
struct ip set_block(const struct pool_set *s, uint32_t index);

/* Finds the index of a block of a set. Returns false if the set does not touch it. */
bool set_index(const struct pool_set *s, const struct ip *first, uint32_t *index);

/* Returns the number of addresses from the set's first to its last. */
uint64_t set_size(const struct pool_set *s);

/* Returns the addresses of a block that endpoints may get: in the set's range, not its gateway, and
 * not excluded. */
mask set_usable(const struct pool_set *s, const struct ip *first);

/* Returns the addresses that are in a claim. */
mask block_claimed(const struct address_block *b);

/* Returns the addresses that a node has in claims of a state, without those of owners. */
mask block_own(const struct address_block *b, const char *uid, enum claim_state state);

/* Gives addresses to a node in a state; NULL: to nobody. Afterwards each claim has a power of two
 * of addresses, and begins at a multiple of it. Claims of others stay as they are, except for these
 * addresses. So do addresses of owners, which must not be among them. */
void block_assign(struct address_block *b, mask m, const struct claimant *who,
                  enum claim_state state);

/* Returns the address of a bit. */
struct ip block_ip(const struct ip *first, unsigned bit);

/* Picks at most `size` addresses, a power of two, for one claim. `taken` are in other claims. The
 * claim begins at a multiple of its size, which is as large as it can be. */
mask mask_pick(mask usable, mask taken, unsigned size);

#endif
