/* SPDX-License-Identifier: Apache-2.0 */
/* Asking other nodes for addresses by the pool, and taking their answers. */
#include "expose/addresses/claim.h"

#include <stdlib.h>
#include <string.h>

enum {
	ANSWER_MS = 800, /* the last node answers before */
	GONE_MS = 3000,  /* no ADD waits so long for one answer */
	ROOM_MS = 100,   /* the wait for room among the requests */
	FULL_MS = 60000, /* without another list before other nodes are asked */
};

static uint64_t version_number(const char *version)
{
	return strtoull(version, NULL, 10);
}

void claimer_seen(struct claimer *c, const struct address_block *b)
{
	const uint64_t version = version_number(b->version);

	c->newest = version > c->newest ? version : c->newest;
}

void claimer_full(struct claimer *c, int64_t now)
{
	if (now >= c->search.full_until)
		c->search.full_from = now;
	c->search.full_until = now + FULL_MS;
}

/* Tells when the requests of the pool were first seen. */
static void requests_told(struct claimer *c, int64_t now)
{
	struct request_seen before[POOL_WAITING_MAX];

	memcpy(before, c->requests, sizeof before);
	memset(c->requests, 0, sizeof c->requests);
	for (size_t i = 0; i < c->pool->n_waiting; i++) {
		/* A node that asks has found the pool full. */
		if (c->pool->waiting[i].id && !claimer_is_me(c, c->pool->waiting[i].uid))
			claimer_full(c, now);
		c->requests[i] = (struct request_seen){ c->pool->waiting[i].id, now };
		for (size_t k = 0; k < POOL_WAITING_MAX; k++)
			if (before[k].id && before[k].id == c->requests[i].id)
				c->requests[i] = before[k];
	}
}

/* Takes over what a node has handed to us. What the block has beside is known if the pool has it as
 * that node left it. */
static void take(struct claimer *c, const struct pool_handed *given, int64_t now)
{
	const struct address_block *latest = &c->pool->latest;
	struct address_block empty = { .first = given->first };
	struct stake *h = claimer_find(c, &given->first);

	memcpy(empty.pool, c->name, sizeof empty.pool);
	if (!h)
		h = stake_add(c, &empty);
	if (!h)
		return;
	h->leaving &= (mask)~given->addresses;
	h->unsure &= (mask)~given->addresses;
	if (strcmp(latest->pool, c->name) == 0 && handed_in(given, latest) &&
	    !(given->addresses & (mask)~block_own(latest, c->me->uid, CLAIM_ACTIVE))) {
		stake_set(c, h, latest, now);
		return;
	}
	block_assign(&h->block, given->addresses, c->me, CLAIM_ACTIVE);
	h->behind = true;
	h->rested |= given->addresses & (mask)~h->used;
}

/* Replays an answer on the block as it was before: then we know it as it is now. */
static bool follow(struct claimer *c, const struct pool_handed *given, int64_t now)
{
	struct stake *h = claimer_find(c, &given->first);
	struct claimant who;

	if (!h || h->behind || strcmp(h->block.version, given->before) != 0)
		return false;
	struct address_block b = h->block;
	memcpy(who.node, given->node, sizeof who.node);
	memcpy(who.uid, given->uid, sizeof who.uid);
	block_assign(&b, given->addresses, &who, CLAIM_ACTIVE);
	for (size_t i = 0; i < b.n_claims; i++)
		if (!b.claims[i].owner && b.claims[i].state == CLAIM_ACTIVE &&
		    strcmp(b.claims[i].uid, given->uid) == 0)
			memcpy(b.claims[i].since, given->since, sizeof given->since);
	memcpy(b.version, given->version, sizeof b.version);
	stake_set(c, h, &b, now);
	return true;
}

/* The answers to several requests may not have the order in which a block changed. */
static void follow_all(struct claimer *c, int64_t now)
{
	bool changed = true;

	while (changed) {
		changed = false;
		for (size_t i = 0; i < c->pool->n_handed; i++)
			changed |= follow(c, &c->pool->handed[i], now);
	}
}

/* An answer to the request of this process, newer than every block that it has seen, is as good as
 * a read. Of another one the block is read. */
static void answer_told(struct claimer *c, const struct pool_handed *given, int64_t now)
{
	const uint64_t version = version_number(given->version);
	struct stake *h = claimer_find(c, &given->first);
	struct address_block block = { .first = given->first };

	if (h && !h->behind && version_number(h->block.version) >= version)
		return;
	if (c->ask && given->id == c->ask && version > c->newest) {
		take(c, given, now);
		return;
	}
	memcpy(block.pool, c->name, sizeof block.pool);
	claimer_doubt_of(c, &block);
}

static bool is_known(const struct claimer *c, const struct pool_handed *given)
{
	for (size_t i = 0; i < POOL_HANDED_MAX; i++)
		if (c->answered[i] == version_number(given->version))
			return true;
	return false;
}

/* Looks at the answers that are new. Those at the start are not: the list of our blocks shows what
 * a former process was handed. */
static void answers_look(struct claimer *c, int64_t now)
{
	const uint64_t newest = c->newest;
	uint64_t taken = newest;

	for (size_t i = 0; i < c->pool->n_handed; i++) {
		const struct pool_handed *given = &c->pool->handed[i];
		const uint64_t version = version_number(given->version);
		if (!claimer_is_me(c, given->uid) || is_known(c, given))
			continue;
		/* Of several answers none is older than what we have seen beside them. */
		c->newest = newest;
		answer_told(c, given, now);
		taken = c->newest > taken ? c->newest : taken;
		taken = given->id == c->ask && version > taken ? version : taken;
		if (given->id != c->ask)
			continue;
		claimer_full(c, now);
		c->answer_by = 0;
		c->not_before = now;
		c->conflicts = c->contended = c->polls = 0;
	}
	c->newest = taken;
}

/* A block that we have read, and that another node has changed since. What is older than a block
 * that we have seen may be older than our own writes. What is newer than the pool was copied with
 * the pool from another engine. */
static void latest_told(struct claimer *c, int64_t now)
{
	const struct address_block *b = &c->pool->latest;
	const uint64_t version = version_number(b->version), end = version_number(c->pool->version);
	struct stake *h = strcmp(b->pool, c->name) == 0 ? claimer_find(c, &b->first) : NULL;

	if (h && *h->block.version && version > c->newest && (!end || version < end))
		stake_set(c, h, b, now);
}

void claimer_answers_told(struct claimer *c, bool first, int64_t now)
{
	const bool asked = c->asked;

	/* Without an answer we ask again. */
	c->asked = claimer_asks(c);
	if (asked && !c->asked)
		c->answer_by = 0;
	requests_told(c, now);
	follow_all(c, now);
	if (!first) {
		answers_look(c, now);
		latest_told(c, now);
	}
	follow_all(c, now);
	memset(c->answered, 0, sizeof c->answered);
	for (size_t i = 0; i < c->pool->n_handed; i++)
		c->answered[i] = version_number(c->pool->handed[i].version);
}

bool claimer_ask(struct claimer *c, uint32_t count, uint32_t most, int64_t now, struct step *step)
{
	const bool full = c->pool->n_waiting == POOL_WAITING_MAX;

	/* The oldest of many is probably gone. */
	if (full && now < c->requests[0].at + GONE_MS) {
		step->wake = now + 1 + (int64_t)claimer_random(c, ROOM_MS);
		return false;
	}
	step->kind = STEP_POOL;
	c->ask = claimer_random(c, UINT64_MAX) | 1;
	c->ask_count = count < UINT16_MAX ? count : UINT16_MAX;
	c->ask_spare = most > count;
	c->ask_set = (uint32_t)c->search.set;
	c->asking = true;
	c->search.exhausted = true;
	return true;
}

void claimer_pool_written(struct claimer *c, enum engine_answer answer, int64_t now)
{
	if (answer == ENGINE_OK) {
		c->n_owed = 0;
		if (c->asking)
			c->answer_by = now + ANSWER_MS;
	}
	c->asking = false;
}
