/* SPDX-License-Identifier: Apache-2.0 */
/* The pools of the cluster as this node has them: the files of podtap-addresses, and the stores of
 * the networks that have the pools. */
#ifndef IPAM_POOLS_NODE_H
#define IPAM_POOLS_NODE_H

#include "base/failure.h"
#include "base/owned.h"
#include "ipam/held.h"

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct node_pool {
	char name[POOL_NAME];
	cJSON *file;     /* owned; what podtap-ipam reads */
	cJSON *view;     /* owned; which nodes hold how many addresses; NULL: not known */
	char *store;     /* owned; of the network that has the pool; NULL: none */
	double size;     /* addresses of the pool; 0: not known */
	uint64_t held;   /* that this node may give */
	uint64_t used;   /* of them, that an endpoint has */
	uint32_t waits;  /* ADDs on this node that wait for an address */
	const char *why; /* borrowed: why the node gets no more; NULL: it does */
};

struct node_pools {
	struct node_pool *pool; /* owned, by name */
	size_t n;
	bool runs;       /* podtap-addresses */
	int64_t contact; /* when the engine answered it last: seconds since 1970; 0: never */
};

void node_pools_release(struct node_pools *all);

/* Ask podtap-addresses which nodes have what, of one pool or (NULL) of all, and wait for the
 * answers, 3 seconds at most. Without an answer, the view that is read is an earlier one. */
void node_pools_ask(const char *only);

/* Read the pools, or the one of this name. `root` is put before the paths of stores: "", or the
 * directory with the node's files. A file that cannot be read is a failure (CNI_IO), with its path.
 * Returns 0 or -1; the caller releases all in any case. */
int node_pools_read(struct node_pools *all, const char *only, const char *root,
                    struct failure *f) MUST_CHECK;

/* Returns whether ADDs may fail, or addresses are in doubt: more than that the pool is nearly full.
 */
bool node_pool_is_bad(const struct node_pools *all, const struct node_pool *p);

/* Returns what is most wrong with a pool on this node, in a few words; "ok": nothing. */
const char *node_pool_state(const struct node_pools *all, const struct node_pool *p);

#endif
