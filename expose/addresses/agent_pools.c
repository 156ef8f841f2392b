/* SPDX-License-Identifier: Apache-2.0 */
/* The pools of the engine, and our blocks of them. */
#include "expose/addresses/agent.h"

#include "base/clock.h"
#include "expose/addresses/announce.h"

#include <stdio.h>
#include <string.h>

static bool sets_overlap(const struct pool_set *a, const struct pool_set *b)
{
	const struct range *x = &a->range, *y = &b->range;

	return x->start.family == y->start.family && ip_compare(&x->start, &y->end) <= 0 &&
	       ip_compare(&y->start, &x->end) <= 0;
}

static bool pools_overlap(const struct address_pool *a, const struct address_pool *b)
{
	for (size_t i = 0; i < a->n_sets; i++)
		for (size_t k = 0; k < b->n_sets; k++)
			if (sets_overlap(&a->sets[i], &b->sets[k]))
				return true;
	return false;
}

/* Returns whether a pool is older, and so has the addresses. */
static bool is_older(const struct address_pool *a, const struct address_pool *b)
{
	return a->born != b->born ? a->born < b->born : strcmp(a->name, b->name) < 0;
}

/* Of two pools that overlap, the younger one is refused. Every node decides so by itself; the first
 * one writes it down. */
static void overlap_judge(struct agent *a, struct address_pool *p)
{
	struct failure f = { 0 };
	char refused[sizeof p->refused] = "";

	for (size_t i = 0; i < a->pools.n && !*refused; i++) {
		const struct address_pool *other = &a->pools.pools[i];
		if (other != p && is_older(other, p) && pools_overlap(other, p))
			snprintf(refused, sizeof refused, "it overlaps with pool %s", other->name);
	}
	if (strcmp(refused, p->refused) == 0)
		return;
	memcpy(p->refused, refused, sizeof refused);
	const enum engine_answer put = a->engine->kind->pool_update(a->engine, p, &f);
	if (put != ENGINE_CONFLICT && put != ENGINE_NONE)
		agent_said(a, put, &f);
	if (put == ENGINE_OK && *refused)
		pool_announce(a->engine, p->name, "Refused", "the pool is refused: %s", refused);
}

static struct member *member_find(const struct agent *a, const char *name)
{
	for (size_t i = 0; i < a->n_members; i++)
		if (strcmp(a->members[i]->claimer.name, name) == 0)
			return a->members[i];
	return NULL;
}

struct address_pool *agent_pool(const struct agent *a, const char *name)
{
	for (size_t i = 0; i < a->pools.n; i++)
		if (strcmp(a->pools.pools[i].name, name) == 0)
			return &a->pools.pools[i];
	return NULL;
}

static struct member *member_add(struct agent *a, const char *name)
{
	struct member **grown = realloc(a->members, (a->n_members + 1) * sizeof(struct member *));
	struct member *m = calloc(1, sizeof *m);

	if (grown)
		a->members = grown;
	if (!grown || !m) {
		free(m);
		return NULL;
	}
	claimer_begin(&m->claimer, &a->me, name);
	m->claimer.shown = a->engine->kind->shows;
	m->n_claimed = m->n_used = -1;
	a->members[a->n_members++] = m;
	return m;
}

enum engine_answer agent_pools(struct agent *a)
{
	struct pool_list listed = { .n = 0 };
	struct failure f = { 0 };

	const enum engine_answer answer = a->engine->kind->pools(a->engine, &listed, &f);
	agent_said(a, answer, &f);
	if (answer != ENGINE_OK) {
		pool_list_release(&listed);
		return answer;
	}
	a->stale = false;
	pool_list_release(&a->pools);
	a->pools = listed;
	for (size_t i = 0; i < a->pools.n; i++) {
		overlap_judge(a, &a->pools.pools[i]);
		if (!member_find(a, a->pools.pools[i].name))
			member_add(a, a->pools.pools[i].name);
	}
	for (size_t i = 0; i < a->n_members; i++) {
		struct claimer *c = &a->members[i]->claimer;
		claimer_pool(c, agent_pool(a, c->name), clock_milliseconds());
	}
	return answer;
}

/* Returns whether a pool is older than another version of it. Both engines count. */
static bool is_former(const struct address_pool *a, const struct address_pool *b)
{
	return strtoull(a->version, NULL, 10) < strtoull(b->version, NULL, 10);
}

bool agent_pool_told(struct agent *a, struct address_pool *p)
{
	struct address_pool *known = agent_pool(a, p->name);
	struct member *m = member_find(a, p->name);

	if (!known || !m || known->born != p->born || known->deleting != p->deleting ||
	    strcmp(known->refused, p->refused) != 0 ||
	    !cJSON_Compare(json_member(known->object, "spec"), json_member(p->object, "spec"),
	                   true))
		return false;
	if (is_former(p, known))
		return true;
	const struct address_pool before = *known;
	*known = *p;
	*p = before;
	claimer_pool(&m->claimer, known, clock_milliseconds());
	return true;
}

struct own_visit {
	struct agent *agent;
	struct member *member;
	struct address_block *former; /* owned; blocks with claims of our former UID */
	size_t n_former;
};

static void own_visit(const struct address_block *b, void *data)
{
	const struct own_visit *v = data;
	const int64_t now = clock_milliseconds();

	claimer_own(&v->member->claimer, b, now);
	sticky_list_visit(&v->member->sticky, b, v->agent->me.uid, now);
	reclaim_offer(&v->agent->reclaim, &v->member->claimer, b, now);
}

static void former_visit(const struct address_block *b, void *data)
{
	struct own_visit *v = data;
	struct address_block *grown = realloc(v->former, (v->n_former + 1) * sizeof *grown);

	if (!grown)
		return;
	v->former = grown;
	grown[v->n_former++] = *b;
}

/* Returns whether the block has claims of our former UID, which become ours. */
static bool claims_rename(const struct agent *a, struct address_block *b)
{
	const mask held = block_own(b, a->former, CLAIM_ACTIVE) |
	                  block_own(b, a->former, CLAIM_RELEASING) |
	                  block_own(b, a->former, CLAIM_LOST);
	bool found = held != 0;

	block_assign(b, held, &a->me, CLAIM_ACTIVE);
	for (size_t i = 0; i < b->n_claims; i++) {
		struct claim *c = &b->claims[i];
		if (!c->owner || strcmp(c->uid, a->former) != 0)
			continue;
		memcpy(c->uid, a->me.uid, sizeof c->uid);
		c->state = c->state == CLAIM_IDLE ? CLAIM_IDLE : CLAIM_ACTIVE;
		found = true;
	}
	return found;
}

/* The claims of our former UID become claims of the new one: a Node object was made again, but the
 * node lived on, and its endpoints use these addresses. */
static enum engine_answer former_adopt(struct agent *a, struct own_visit *data)
{
	const struct block_visit v = { former_visit, data };
	struct failure f = { 0 };

	enum engine_answer answer =
	        a->engine->kind->blocks(a->engine, data->member->claimer.name, a->former, &v, &f);
	for (size_t i = 0; i < data->n_former && answer == ENGINE_OK; i++) {
		struct address_block *b = &data->former[i];
		if (b->foreign || !claims_rename(a, b))
			continue;
		answer = a->engine->kind->block_put(a->engine, b, &f);
		if (answer == ENGINE_OK)
			own_visit(b, data);
	}
	agent_said(a, answer, &f);
	free(data->former);
	return answer;
}

enum engine_answer agent_own(struct agent *a, struct member *m)
{
	struct own_visit data = { .agent = a, .member = m };
	const struct block_visit v = { own_visit, &data };
	struct failure f = { 0 };

	claimer_doubt(&m->claimer);
	if (!m->recalled)
		sticky_recall(&m->sticky, a->usage.pools, m->claimer.name);
	m->recalled = true;
	sticky_list_begin(&m->sticky);
	enum engine_answer answer =
	        a->engine->kind->blocks(a->engine, m->claimer.name, a->me.uid, &v, &f);
	agent_said(a, answer, &f);
	if (answer == ENGINE_OK && *a->former)
		answer = former_adopt(a, &data);
	if (answer == ENGINE_OK)
		sticky_list_end(&m->sticky);
	if (answer == ENGINE_OK && !m->listed)
		pool_file_recall(&m->claimer, a->usage.pools);
	m->listed |= answer == ENGINE_OK;
	return answer;
}
