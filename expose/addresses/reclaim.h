/* SPDX-License-Identifier: Apache-2.0 */
/* Taking back what nodes claimed that are gone. A claim ends only if the engine proves that no node
 * has its UID, and still proves it after the pool's reclaimAfter, by our own monotonic clock. */
#ifndef EXPOSE_ADDRESSES_RECLAIM_H
#define EXPOSE_ADDRESSES_RECLAIM_H

#include "expose/addresses/claim.h"

enum { SUSPECTS_MAX = 16 };

struct suspect {
	char pool[POOL_NAME];
	struct ip first; /* of the block */
	char node[NODE_NAME];
	char uid[NODE_UID];
	int64_t next; /* when to look again */
	bool lost;    /* the engine proved once that it is gone, and its claims are marked so */
};

struct reclaim {
	struct suspect *suspects; /* owned */
	size_t n;
	uint64_t seen; /* claims of others that were offered */
};

void reclaim_release(struct reclaim *r);

/* Notes the other nodes that have claims in a block, as far as there is room. */
void reclaim_offer(struct reclaim *r, struct claimer *c, const struct address_block *b,
                   int64_t now);

/* Looks at one suspect of the claimer's pool that is due. Returns when the next one is; -1: never.
 */
int64_t reclaim_step(struct reclaim *r, struct engine *e, const struct claimer *c, int64_t now,
                     struct failure *f);

#endif
