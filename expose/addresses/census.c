/* SPDX-License-Identifier: Apache-2.0 */
/* Counting the addresses of each node. */
#include "expose/addresses/census.h"

#include "base/hash.h"

#include <stdlib.h>
#include <string.h>

void census_release(struct census *all)
{
	for (size_t i = 0; i < all->n; i++)
		free(all->holders[i].node);
	free(all->holders);
}

/* Returns the entry of a node, or NULL if there is no room for another. */
static struct holder *holder_of(struct census *all, const struct claim *claim)
{
	const uint64_t uid = text_hash(claim->uid);

	for (size_t i = 0; i < all->n; i++)
		if (all->holders[i].uid == uid)
			return &all->holders[i];
	struct holder *grown =
	        all->n < all->most ? realloc(all->holders, (all->n + 1) * sizeof *grown) : NULL;
	char *node = grown ? strdup(claim->node) : NULL;
	if (grown)
		all->holders = grown;
	if (!node)
		return NULL;
	grown[all->n] = (struct holder){ uid, node, 0 };
	return &grown[all->n++];
}

/* An owner's claim is active while an endpoint has the address. */
static unsigned used_of(const struct address_block *b, const struct claim *c)
{
	const mask m = (mask)((0xffffu >> (BLOCK_SIZE - c->count)) << c->offset);

	return c->owner ? c->state == CLAIM_ACTIVE : mask_count(b->used & m);
}

void census_count(struct census *all, const struct address_block *b)
{
	for (size_t i = 0; i < b->n_claims; i++) {
		struct holder *holder = holder_of(all, &b->claims[i]);
		*(holder ? &holder->count : &all->others) += b->claims[i].count;
		all->claimed += b->claims[i].count;
		all->used += used_of(b, &b->claims[i]);
	}
}
