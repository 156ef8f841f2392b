/* SPDX-License-Identifier: Apache-2.0 */
/* How many addresses of a pool each node has in claims, as a list of its blocks shows. */
#ifndef EXPOSE_ADDRESSES_CENSUS_H
#define EXPOSE_ADDRESSES_CENSUS_H

#include "expose/addresses/masks.h"

struct holder {
	uint64_t uid; /* a hash of it */
	char *node;   /* owned */
	uint32_t count;
};

struct census {
	size_t most;            /* nodes that are told apart: each claim is compared with them */
	struct holder *holders; /* owned */
	size_t n;
	uint32_t others;  /* addresses of further nodes */
	uint64_t claimed; /* of all */
	uint64_t used;    /* likewise, as far as their nodes have written it */
};

void census_release(struct census *all);
void census_count(struct census *all, const struct address_block *b);

#endif
