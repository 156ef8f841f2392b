/* SPDX-License-Identifier: Apache-2.0 */
/* What IPPools say of blocks. */
#ifndef EXPOSE_ADDRESSES_SHELVES_H
#define EXPOSE_ADDRESSES_SHELVES_H

#include "expose/addresses/ippool.h"

struct shelf {
	struct ip first;
	mask taken;   /* by others */
	mask own;     /* has an entry of this pool and this node */
	mask lacking; /* has one, but not in each IPPool that overlaps */
	bool seen;    /* for the caller: the block itself exists */
};

struct shelves {
	struct shelf *shelf; /* owned; by address */
	size_t n, room;
	const char *pool, *uid; /* borrowed; the uid is "" if it is not known */
};

static inline void shelves_release(struct shelves *s)
{
	free(s->shelf);
}

/* Add what an IPPool says. Returns 0, or -1 (CNI_OTHER without memory). */
int shelves_read(struct shelves *s, const struct ippool *pool, struct failure *f) MUST_CHECK;

/* Add what an IPPool says that overlaps with those that were read before. */
int shelves_read_other(struct shelves *s, const struct ippool *pool, struct failure *f) MUST_CHECK;

/* Find what is said of a block; NULL: nothing. */
struct shelf *shelves_find(const struct shelves *s, const struct ip *first);

/* Marks what is taken of a block. A claim of ours without its entry counts as taken: it was written
 * late, after the entry had been removed again. `shelf` may be NULL. */
void shelf_apply(const struct shelves *s, const struct shelf *shelf, struct address_block *b);

#endif
