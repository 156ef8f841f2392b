/* SPDX-License-Identifier: Apache-2.0 */
/* Beginning, copying and ending a world. */
#include "tests/model/world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct claimant claimants[NODES];
struct address_pool pool;
const char *guard = "";
bool shown;

bool without(const char *name)
{
	return strcmp(guard, name) == 0;
}

void node_begin(struct node *n, int i)
{
	claimer_begin(&n->claimer, &claimants[i], "lan");
	n->claimer.wanted = true;
	n->claimer.shown = shown;
	n->stage = STARTED;
}

/* The C library would return the memory of each to the kernel. */
static struct stake *stakes[NODES * 2];
static struct candidate *candidates[NODES * 2];
static size_t n_stakes, n_candidates;

struct stake *stake_new(void)
{
	struct stake *fresh = n_stakes ? stakes[--n_stakes] : malloc(sizeof *fresh);

	if (!fresh)
		exit(2);
	return fresh;
}

struct candidate *candidates_new(void)
{
	struct candidate *fresh =
	        n_candidates ? candidates[--n_candidates] : malloc(CANDIDATES_MAX * sizeof *fresh);

	if (!fresh)
		exit(2);
	return fresh;
}

void world_release(struct world *w)
{
	for (int i = 0; i < NODES; i++) {
		struct claimer *c = &w->nodes[i].claimer;
		if (c->stakes && n_stakes < NODES * 2) {
			stakes[n_stakes++] = c->stakes;
			c->stakes = NULL;
		}
		if (c->search.candidates && n_candidates < NODES * 2) {
			candidates[n_candidates++] = c->search.candidates;
			c->search.candidates = NULL;
		}
		claimer_release(c);
	}
}

uint64_t request_id(const struct world *w, int node, enum request kind)
{
	const uint64_t id = w->nodes[node].claimer.ask;

	return kind == ASKED && id ? id : 1 + (uint64_t)node;
}

void pool_load(const struct world *w, const enum request asks[static NODES])
{
	pool.n_waiting = pool.n_handed = 0;
	pool.latest.pool[0] = '\0';
	pool.deleting = w->deleting;
	for (int i = 0; i < NODES; i++) {
		struct pool_waiting *p = &pool.waiting[pool.n_waiting];
		if (!asks[i])
			continue;
		pool.n_waiting++;
		*p = (struct pool_waiting){ .id = request_id(w, i, asks[i]), .count = 1 };
		memcpy(p->node, claimants[i].node, NODE_NAME);
		memcpy(p->uid, claimants[i].uid, NODE_UID);
	}
}

void answers_load(const struct world *w)
{
	pool.latest = w->latest;
	for (int i = 0; i < NODES; i++) {
		const struct answer *a = &w->answers[i];
		struct pool_handed *p = &pool.handed[pool.n_handed];
		if (!a->there)
			continue;
		pool.n_handed++;
		*p = (struct pool_handed){ .id = request_id(w, i,
			                                    a->current ? ASKED : ASKED_BEFORE),
			                   .first = set_block(&pool.sets[0], 0),
			                   .addresses = a->addresses };
		memcpy(p->node, claimants[i].node, NODE_NAME);
		memcpy(p->uid, claimants[i].uid, NODE_UID);
		snprintf(p->before, sizeof p->before, "%llu", (unsigned long long)a->before);
		snprintf(p->version, sizeof p->version, "%llu", (unsigned long long)a->version);
	}
}

void world_copy(struct world *to, const struct world *from)
{
	*to = *from;
	for (int i = 0; i < NODES; i++) {
		struct claimer *c = &to->nodes[i].claimer;
		if (c->search.n_candidates) {
			c->search.candidates = candidates_new();
			*c->search.candidates = *from->nodes[i].claimer.search.candidates;
		} else
			c->search.candidates = NULL;
		if (!c->n_stakes)
			continue;
		c->stakes = stake_new();
		*c->stakes = *from->nodes[i].claimer.stakes;
	}
}
