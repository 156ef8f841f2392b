/* SPDX-License-Identifier: Apache-2.0 */
/* Which IPPools of whereabouts have addresses of a pool. */
#ifndef EXPOSE_ADDRESSES_SHARING_H
#define EXPOSE_ADDRESSES_SHARING_H

#include "expose/addresses/ippool_client.h"

/* A pool that shares its addresses. It stays known after it is gone: its claims are still given
 * back. */
struct partner {
	char pool[POOL_NAME];
	struct pool_shared shared;
	struct ippool_place *places; /* owned; first those of the pool's own networks */
	size_t n_places;
	size_t n_own; /* networks of the pool. The others overlap with them. */
	bool looked;  /* for those that overlap */
};

struct sharing {
	struct partner *partners; /* owned */
	size_t n;
	char uid[NODE_UID]; /* our own; "": not known yet */
};

void sharing_release(struct sharing *s);

/* Find a pool; NULL: it shares nothing. */
struct partner *sharing_find(const struct sharing *s, const char *pool);

/* Note whether a pool shares its addresses. Returns false without memory. */
bool sharing_note(struct sharing *s, struct kube_client *client, const struct address_pool *p);

/* Look for IPPools that overlap with the pool's networks: of other ranges with the same
 * network_name, and of the parts that whereabouts gives to single nodes. */
enum engine_answer sharing_look(struct partner *p, struct failure *f);

/* Returns whether an IPPool has addresses of a block. */
bool place_covers(const struct ippool_place *p, const struct ip *first);

#endif
