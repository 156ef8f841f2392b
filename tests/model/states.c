/* SPDX-License-Identifier: Apache-2.0 */
/* Packing a world into a state, and finding the states that are new. */
#include "tests/model/states.h"

#include "base/hash.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STATES_MAX = 1 << 22, TABLE = 1 << 23 };

struct state *states;
uint32_t n_states;
static uint32_t *table; /* of hashes: the place of a state, from 1 on */

bool states_begin(void)
{
	table = calloc(TABLE, sizeof *table);
	states = calloc(STATES_MAX, sizeof *states);
	return table && states;
}

/* The versions of a world, in their order. */
struct ranks {
	uint64_t of[32];
	size_t n;
};

static uint64_t version_of(const char *version)
{
	return strtoull(version, NULL, 10);
}

static void rank_add(struct ranks *r, uint64_t version)
{
	size_t at = r->n;

	for (size_t i = 0; i < r->n; i++)
		if (r->of[i] == version)
			return;
	if (!version)
		return;
	r->n++;
	for (; at && r->of[at - 1] > version; at--)
		r->of[at] = r->of[at - 1];
	r->of[at] = version;
}

static uint8_t rank_of(const struct ranks *r, uint64_t version)
{
	for (size_t i = 0; i < r->n; i++)
		if (r->of[i] == version)
			return (uint8_t)(i + 1);
	return 0;
}

static bool hands_over(const struct node *n)
{
	return n->claimer.n_owed || n->claimer.handing.first.family;
}

/* Returns whether the order of versions matters: an answer is there, or is to come. */
static bool ranked(const struct world *w)
{
	bool any = false;

	for (int i = 0; i < NODES; i++)
		any |= w->answers[i].there || hands_over(&w->nodes[i]);
	return any;
}

/* Returns whether a node may still learn from the block that the pool has. */
static bool latest_matters(const struct world *w)
{
	bool any = false;

	for (int i = 0; i < NODES; i++)
		any |= version_of(w->latest.version) > w->nodes[i].claimer.newest;
	return any && *w->latest.pool && ranked(w);
}

static void ranks_collect(const struct world *w, struct ranks *r)
{
	*r = (struct ranks){ .n = 0 };
	if (w->exists)
		rank_add(r, version_of(w->block.version));
	if (latest_matters(w))
		rank_add(r, version_of(w->latest.version));
	for (int i = 0; i < NODES && ranked(w); i++) {
		const struct claimer *c = &w->nodes[i].claimer;
		rank_add(r, c->newest);
		rank_add(r, version_of(c->handing.before));
		for (size_t k = 0; k < c->n_owed; k++) {
			rank_add(r, version_of(c->owed[k].before));
			rank_add(r, version_of(c->owed[k].version));
		}
		if (c->n_stakes)
			rank_add(r, version_of(c->stakes->block.version));
		if (c->n_owed)
			rank_add(r, version_of(c->written.version));
		rank_add(r, w->answers[i].before);
		rank_add(r, w->answers[i].version);
	}
}

static void block_pack(const struct ranks *r, const struct address_block *b, const char *current,
                       bool ordered, struct small_block *to)
{
	const bool same = strcmp(b->version, current) == 0;

	to->version = !*b->version ? 0 : same || ordered ? rank_of(r, version_of(b->version)) : 0;
	if (*b->version && !to->version)
		to->version = FORMER;
	for (int i = 0; i < NODES; i++)
		for (int k = 0; k <= CLAIM_LOST; k++)
			to->claims[i][k] =
			        (uint8_t)block_own(b, claimants[i].uid, (enum claim_state)k);
}

static void block_unpack(const struct small_block *from, struct address_block *b)
{
	*b = (struct address_block){ .pool = "lan", .n_claims = 0 };
	b->first = set_block(&pool.sets[0], 0);
	if (from->version == FORMER)
		snprintf(b->version, sizeof b->version, "former");
	else if (from->version)
		snprintf(b->version, sizeof b->version, "%u", from->version);
	for (int i = 0; i < NODES; i++)
		for (int k = 0; k <= CLAIM_LOST; k++)
			if (from->claims[i][k])
				block_assign(b, from->claims[i][k], &claimants[i],
				             (enum claim_state)k);
}

static void handed_pack(const struct world *w, const struct ranks *r, int to,
                        const struct pool_handed *from, struct small_answer *small)
{
	*small = (struct small_answer){ .there = 1,
		                        .current = from->id == w->nodes[to].claimer.ask,
		                        .addresses = (uint8_t)from->addresses,
		                        .before = rank_of(r, version_of(from->before)),
		                        .version = rank_of(r, version_of(from->version)) };
}

/* What the node asks, hands over, and has got. */
static void requests_pack(const struct world *w, const struct ranks *r, int i,
                          struct small_node *to)
{
	const struct claimer *c = &w->nodes[i].claimer;
	const struct answer *a = &w->answers[i];

	to->told = w->nodes[i].told;
	to->has_asked = c->ask != 0;
	to->newest = rank_of(r, ranked(w) ? c->newest : 0);
	for (int k = 0; k < NODES; k++)
		to->asks[k] = (uint8_t)w->nodes[i].asks[k];
	if (c->handing.first.family)
		handed_pack(w, r, 1 - i, &c->handing, &to->handing);
	if (c->n_owed > 1) {
		puts("a node owes two answers: the model has room for one");
		exit(3);
	}
	if (c->n_owed) {
		handed_pack(w, r, 1 - i, c->owed, &to->owed);
		block_pack(r, &c->written, "", true, &to->written);
	}
	if (a->there)
		to->answer = (struct small_answer){ 1,
			                            a->current,
			                            a->known,
			                            (uint8_t)a->addresses,
			                            rank_of(r, a->before),
			                            rank_of(r, a->version) };
}

static void node_pack(const struct world *w, const struct ranks *r, int i, struct small_node *to)
{
	const struct node *n = &w->nodes[i];
	const struct claimer *c = &n->claimer;
	const char *current = w->exists ? w->block.version : "";

	*to = (struct small_node){ .stage = (uint8_t)n->stage,
		                   .used = (uint8_t)n->used,
		                   .file = (uint8_t)n->file,
		                   .waiting = n->waiting,
		                   .add = n->add,
		                   .current = n->add && n->current,
		                   .add_file = n->add ? (uint8_t)n->add_file : 0,
		                   .told_waiting = c->waiting != 0,
		                   .probed = c->search.probes != 0,
		                   .exhausted = c->search.exhausted,
		                   .empty = c->search.n_all == 0,
		                   .scarce = c->scarce_until != 0 && c->others,
		                   .known = c->n_stakes != 0 };
	requests_pack(w, r, i, to);
	/* A candidate that has changed since only leads to a conflict. */
	to->candidate = c->search.n_candidates != 0 &&
	                strcmp(c->search.candidates->block.version, current) == 0;
	if (!c->n_stakes)
		return;
	to->leaving = (uint8_t)c->stakes->leaving;
	to->unsure = (uint8_t)c->stakes->unsure;
	to->offered = (uint8_t)c->stakes->offered;
	to->behind = c->stakes->behind;
	to->proved = c->stakes->leaving && c->stakes->proved;
	to->doubtful = c->stakes->doubtful;
	block_pack(r, &c->stakes->block, current, ranked(w), &to->block);
}

static void handed_unpack(const struct world *w, int to, const struct small_answer *small,
                          struct pool_handed *p)
{
	*p = (struct pool_handed){ .id = request_id(w, to, small->current ? ASKED : ASKED_BEFORE),
		                   .addresses = small->addresses };
	p->first = set_block(&pool.sets[0], 0);
	memcpy(p->node, claimants[to].node, NODE_NAME);
	memcpy(p->uid, claimants[to].uid, NODE_UID);
	if (small->before)
		snprintf(p->before, sizeof p->before, "%u", small->before);
	if (small->version)
		snprintf(p->version, sizeof p->version, "%u", small->version);
}

static void requests_unpack(const struct small_node *from, struct world *w, int i)
{
	const struct small_answer *a = &from->answer;
	struct claimer *c = &w->nodes[i].claimer;

	c->newest = from->newest;
	if (from->handing.there)
		handed_unpack(w, 1 - i, &from->handing, &c->handing);
	if (from->owed.there) {
		handed_unpack(w, 1 - i, &from->owed, &c->owed[c->n_owed++]);
		block_unpack(&from->written, &c->written);
	}
	w->answers[i] = (struct answer){ a->there,     a->current, a->known,
		                         a->addresses, a->before,  a->version };
	c->answered[0] = a->known ? a->version : 0;
	/* Time passes: the node may answer now. */
	for (size_t k = 0; k < POOL_WAITING_MAX; k++)
		c->requests[k].at = INT32_MIN;
}

static void node_unpack(const struct small_node *from, struct world *w, int i)
{
	struct node *n = &w->nodes[i];
	struct claimer *c = &n->claimer;

	n->stage = (enum agent_stage)from->stage;
	n->used = from->used;
	n->file = from->file;
	n->waiting = from->waiting;
	n->add = from->add;
	n->current = from->current;
	n->add_file = from->add_file;
	n->told = from->told;
	pool_load(w, n->asks);
	claimer_pool(c, &pool, NOW);
	requests_unpack(from, w, i);
	c->leave_at = 0;
	c->scarce_until = from->scarce ? INT64_MAX : 0;
	c->waiting = from->told_waiting;
	c->search.probes = from->probed;
	c->search.exhausted = from->exhausted;
	c->search.n_all = !from->empty;
	c->begun = from->stage != STARTED;
	if (!from->known)
		return;
	c->stakes = stake_new();
	c->n_stakes = 1;
	*c->stakes = (struct stake){ .used = from->used,
		                     .rested = (mask)~from->used,
		                     .leaving = from->leaving,
		                     .unsure = from->unsure,
		                     .offered = from->offered,
		                     .behind = from->behind,
		                     .proved = from->proved,
		                     .doubtful = from->doubtful,
		                     .read_at = NOW };
	block_unpack(&from->block, &c->stakes->block);
}

void pack(const struct world *w, struct small *to)
{
	const char *current = w->exists ? w->block.version : "";
	struct ranks r;

	memset(to, 0, sizeof *to);
	ranks_collect(w, &r);
	for (int i = 0; i < NODES; i++) {
		node_pack(w, &r, i, &to->nodes[i]);
		to->asks[i] = (uint8_t)w->asks[i];
	}
	to->exists = w->exists;
	if (w->exists)
		block_pack(&r, &w->block, current, true, &to->block);
	if (latest_matters(w))
		block_pack(&r, &w->latest, "", true, &to->latest);
	for (int i = 0; i < LATE_MAX; i++) {
		if (!w->late[i].there)
			continue;
		to->late[i].there = 1;
		to->late[i].removes = w->late[i].removes;
		block_pack(&r, &w->late[i].block, current, false, &to->late[i].block);
	}
}

void unpack(const struct small *from, struct world *w)
{
	*w = (struct world){ .exists = from->exists, .versions = 32 };
	for (int i = 0; i < NODES; i++) {
		node_begin(&w->nodes[i], i);
		w->nodes[i].claimer.ask = from->nodes[i].has_asked ? 100 + (uint64_t)i : 0;
		w->asks[i] = (enum request)from->asks[i];
		for (int k = 0; k < NODES; k++)
			w->nodes[i].asks[k] = (enum request)from->nodes[i].asks[k];
	}
	block_unpack(&from->block, &w->block);
	if (from->latest.version)
		block_unpack(&from->latest, &w->latest);
	for (int i = 0; i < NODES; i++) {
		node_unpack(&from->nodes[i], w, i);
		if (from->nodes[i].candidate)
			search_candidate(&w->nodes[i].claimer, &w->block, NOW);
		w->nodes[i].claimer.newest = from->nodes[i].newest;
	}
	for (int i = 0; i < LATE_MAX; i++) {
		w->late[i].there = from->late[i].there;
		w->late[i].removes = from->late[i].removes;
		if (w->late[i].there)
			block_unpack(&from->late[i].block, &w->late[i].block);
	}
}

static void block_turn(struct small_block *b)
{
	for (int k = 0; k <= CLAIM_LOST; k++) {
		const uint8_t first = b->claims[0][k];
		b->claims[0][k] = b->claims[1][k];
		b->claims[1][k] = first;
	}
}

/* The nodes are equal: of a state and the one with its nodes exchanged, one is enough. */
static void turn(struct small *s)
{
	struct small other = *s;

	for (int i = 0; i < NODES; i++) {
		other.nodes[i] = s->nodes[1 - i];
		other.asks[i] = s->asks[1 - i];
		other.nodes[i].asks[0] = s->nodes[1 - i].asks[1];
		other.nodes[i].asks[1] = s->nodes[1 - i].asks[0];
		block_turn(&other.nodes[i].block);
		block_turn(&other.nodes[i].written);
	}
	block_turn(&other.block);
	block_turn(&other.latest);
	for (int i = 0; i < LATE_MAX; i++)
		block_turn(&other.late[i].block);
	if (memcmp(&other, s, sizeof other) < 0)
		*s = other;
}

void state_add(struct small *small, uint32_t from, int node, int event)
{
	turn(small);
	for (uint64_t i = bytes_hash(small, sizeof *small, 0) % TABLE;; i = (i + 1) % TABLE) {
		if (table[i] && memcmp(&states[table[i] - 1].small, small, sizeof *small) == 0)
			return;
		if (table[i])
			continue;
		if (n_states == STATES_MAX) {
			puts("there are more states than this program has room for");
			exit(3);
		}
		states[n_states] = (struct state){ *small, (uint8_t)node, (uint8_t)event, from,
			                           n_states ? states[from].depth + 1 : 0 };
		table[i] = ++n_states;
		return;
	}
}
