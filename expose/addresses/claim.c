/* SPDX-License-Identifier: Apache-2.0 */
/* What a node knows of its addresses of a pool, and what it learns. */
#include "expose/addresses/claim.h"

#include "base/hash.h"

#include <stdio.h>
#include <string.h>

enum {
	CONFLICT_MS = 50, /* the first wait after a conflict; at most CONFLICT_MOST_MS */
	CONFLICT_MOST_MS = 5000,
	CONFLICT_SHOWN_MS = 100, /* at most, where the answer shows the block */
	POLL_MS = 200,           /* the first wait after a list with no free address */
	SILENCE_MS = 200,
	SILENCE_MOST_MS = 30000,
	REFUSED_MS = 30000,
	LEAVE_JITTER_MS = 500,
	SCARCE_MS = 60000,
	SAME_MS = 1000,
	PROVED_MS = 10000, /* an ADD that finds an address in use on the LAN gives it back sooner */
	PROTECT_JITTER_MS = 5000, /* of many nodes, the first one does it */
};

void claimer_begin(struct claimer *c, const struct claimant *me, const char *pool)
{
	*c = (struct claimer){ .me = me };
	snprintf(c->name, sizeof c->name, "%s", pool);
	/* Different nodes begin at different blocks. */
	c->random = text_hash(me->uid);
	c->search.place = (uint32_t)c->random;
}

void claimer_release(struct claimer *c)
{
	free(c->stakes);
	search_release(&c->search);
	*c = (struct claimer){ .me = NULL };
}

uint64_t claimer_random(struct claimer *c, uint64_t n)
{
	/* xorshift64*; the sequence of 0 is 0 alone */
	uint64_t x = c->random ? c->random : 1;

	x ^= x >> 12;
	x ^= x << 25;
	x ^= x >> 27;
	c->random = x;
	return n ? (x * 0x2545f4914f6cdd1du >> 16) % n : 0;
}

struct stake *claimer_find(const struct claimer *c, const struct ip *first)
{
	for (size_t i = 0; i < c->n_stakes; i++)
		if (ip_equal(&c->stakes[i].block.first, first))
			return &c->stakes[i];
	return NULL;
}

struct stake *stake_add(struct claimer *c, const struct address_block *b)
{
	struct stake *grown = realloc(c->stakes, (c->n_stakes + 1) * sizeof *grown);

	if (!grown)
		return NULL;
	c->stakes = grown;
	struct stake *h = &grown[c->n_stakes++];
	*h = (struct stake){ .block = *b, .rested = 0xffff };
	return h;
}

static void stake_drop(struct claimer *c, struct stake *h)
{
	*h = c->stakes[--c->n_stakes];
}

mask claimer_own_any(const struct claimer *c, const struct address_block *b)
{
	return block_own(b, c->me->uid, CLAIM_ACTIVE) | block_own(b, c->me->uid, CLAIM_RELEASING) |
	       block_own(b, c->me->uid, CLAIM_LOST);
}

void stake_set(struct claimer *c, struct stake *h, const struct address_block *b, int64_t now)
{
	const mask own = claimer_own_any(c, b);

	claimer_seen(c, b);
	claimer_asides_look(c, b);
	claimer_owe(c, h, b);
	h->rested |= own & (mask)~claimer_own_any(c, &h->block) & (mask)~h->used;
	if (strcmp(h->block.version, b->version) != 0)
		h->unsure = 0;
	h->block = *b;
	h->read_at = now;
	h->doubtful = h->behind = false;
	h->leaving &= own;
	h->offered &= h->leaving;
	if (!own)
		stake_drop(c, h);
}

void claimer_own(struct claimer *c, const struct address_block *b, int64_t now)
{
	struct stake *h = claimer_find(c, &b->first);

	if (h) {
		stake_set(c, h, b, now);
		return;
	}
	claimer_seen(c, b);
	h = claimer_own_any(c, b) ? stake_add(c, b) : NULL;
	if (!h)
		return;
	/* A former process may have used it a moment ago, or be about to give it back. */
	h->rested = 0;
	h->unsure = c->begun ? 0 : block_own(b, c->me->uid, CLAIM_ACTIVE);
	for (unsigned i = 0; i < BLOCK_SIZE; i++)
		h->used_until[i] = now;
}

void claimer_vouch(struct stake *h, mask served)
{
	h->unsure &= (mask)~served;
}

void claimer_doubt(struct claimer *c)
{
	for (size_t i = 0; i < c->n_stakes; i++)
		c->stakes[i].doubtful = true;
}

/* What failed before is tried again at once, for a new ADD. */
void claimer_wait(struct claimer *c, uint32_t waiting, int64_t now)
{
	if (waiting && !c->waiting) {
		c->conflicts = c->contended = c->polls = c->silences = 0;
		c->not_before = now;
		c->search.exhausted = false;
	}
	c->waiting = waiting;
}

void claimer_use(struct stake *h, mask used, int64_t now)
{
	for (unsigned i = 0; i < BLOCK_SIZE; i++) {
		if ((h->used & (mask)~used) >> i & 1)
			h->used_until[i] = now;
		if ((used & (mask)~h->used) >> i & 1)
			h->used_from[i] = now;
		if (h->used >> i & 1 && now - h->used_from[i] >= PROVED_MS)
			h->proved_free |= (mask)(1u << i);
	}
	h->rested &= (mask) ~(h->used | used);
	h->used = used;
}

void claimer_prove(struct stake *h, mask used)
{
	h->leaving &= (mask)~used;
	h->offered &= h->leaving;
	h->proved = true;
}

/* Returns the nodes other than ours that wait, as a hash; 0: none. */
static uint64_t others_hash(const struct claimer *c)
{
	uint64_t sum = 0;

	for (size_t i = 0; c->pool && i < c->pool->n_waiting; i++)
		if (strcmp(c->pool->waiting[i].uid, c->me->uid) != 0)
			sum += (text_hash(c->pool->waiting[i].uid) + c->pool->waiting[i].id) | 1;
	return sum;
}

void claimer_pool(struct claimer *c, const struct address_pool *pool, int64_t now)
{
	const bool first = !c->pool;

	c->pool = pool;
	if (pool)
		claimer_answers_told(c, first, now);
	const uint64_t others = others_hash(c);
	if (others && others != c->others) {
		c->leave_at = now + (int64_t)claimer_random(c, LEAVE_JITTER_MS);
		c->scarce_until = now + SCARCE_MS;
	}
	c->others = others;
	/* What another node has found since then is newer. */
	if (pool && (pool->nearly_full == c->search.tight || pool->nearly_full != c->told_full))
		c->search.judged = false;
	c->told_full = pool && pool->nearly_full;
}

mask claimer_unproved(const struct claimer *c, const struct stake *h)
{
	return claimer_served(c, h) & h->block.reclaimed & (mask)~h->proved_free;
}

bool claimer_open(const struct claimer *c)
{
	return c->pool && !c->pool->deleting && !*c->pool->refused;
}

mask claimer_served_of(const struct claimer *c, const struct stake *h, size_t set)
{
	if (!claimer_open(c))
		return 0;
	return block_own(&h->block, c->me->uid, CLAIM_ACTIVE) & (mask) ~(h->leaving | h->unsure) &
	       (mask)~h->block.taken & set_usable(&c->pool->sets[set], &h->block.first);
}

mask claimer_served(const struct claimer *c, const struct stake *h)
{
	mask served = 0;

	for (size_t i = 0; c->pool && i < c->pool->n_sets; i++)
		served |= claimer_served_of(c, h, i);
	return served;
}

uint32_t claimer_free(const struct claimer *c, size_t set)
{
	uint32_t n = 0;

	for (size_t i = 0; i < c->n_stakes; i++)
		n += mask_count(claimer_served_of(c, &c->stakes[i], set) &
		                (mask)~c->stakes[i].used);
	return n;
}

/* Doubles the wait with every failure in a row, and spreads it over its second half. */
static void wait_for(struct claimer *c, unsigned *failures, uint64_t least, uint64_t most,
                     int64_t now)
{
	uint64_t wait = least << (*failures < 12 ? *failures : 12);

	wait = wait < most ? wait : most;
	++*failures;
	c->not_before = now + (int64_t)(wait / 2 + claimer_random(c, wait / 2 + 1));
}

/* Adds a stake of which we know nothing. */
static struct stake *nothing_add(struct claimer *c, const struct address_block *b)
{
	struct address_block nothing = *b;

	nothing.n_claims = 0;
	return stake_add(c, &nothing);
}

void claimer_doubt_of(struct claimer *c, const struct address_block *b)
{
	struct stake *h = claimer_find(c, &b->first);

	if (h || (h = nothing_add(c, b)))
		h->doubtful = true;
}

bool claimer_read_first(struct claimer *c, const struct address_block *b, struct step *step)
{
	struct stake *h = claimer_find(c, &b->first);

	if (!h)
		h = nothing_add(c, b);
	if (!h)
		return false;
	h->doubtful = true;
	step->kind = STEP_READ;
	step->block = *b;
	return true;
}

/* Takes over what a block has; a block without claims of ours may have free addresses. */
static void block_seen(struct claimer *c, const struct address_block *seen, int64_t now)
{
	struct stake *h = claimer_find(c, &seen->first);

	if (!claimer_own_any(c, seen))
		search_candidate(c, seen, now);
	if (h)
		stake_set(c, h, seen, now);
	else
		claimer_own(c, seen, now);
}

/* The block of a write is not as we thought, or we do not know how it is. */
static void put_failed(struct claimer *c, const struct step *step, enum engine_answer answer,
                       const struct address_block *seen, int64_t now)
{
	struct stake *h = claimer_find(c, &step->block.first);
	const bool probe = !h && !*step->block.version;

	if (answer == ENGINE_UNKNOWN && h)
		h->unsure |= block_own(&h->block, c->me->uid, CLAIM_ACTIVE) &
		             (mask)~block_own(&step->block, c->me->uid, CLAIM_ACTIVE);
	if (answer == ENGINE_CONFLICT && seen)
		block_seen(c, seen, now);
	else if (h || (h = nothing_add(c, &step->block)))
		h->doubtful = true;
	/* That a block exists already, or changed a while ago, is no contention. */
	if (answer == ENGINE_CONFLICT && !probe && !step->stale)
		wait_for(c, seen ? &c->contended : &c->conflicts, CONFLICT_MS,
		         seen ? CONFLICT_SHOWN_MS : CONFLICT_MOST_MS, now);
}

static void put_answered(struct claimer *c, const struct step *step, enum engine_answer answer,
                         const struct address_block *seen, int64_t now)
{
	struct stake *h = claimer_find(c, &step->block.first);

	if (answer == ENGINE_CONFLICT || answer == ENGINE_UNKNOWN || answer == ENGINE_NONE) {
		put_failed(c, step, answer, seen, now);
		return;
	}
	if (answer != ENGINE_OK)
		return;
	c->conflicts = c->contended = c->polls = 0;
	c->search.probes = 0;
	if (step->kind == STEP_DELETE) {
		if (h)
			stake_drop(c, h);
		return;
	}
	/* The Kubernetes API leaves out a write that changes nothing: a time is another a second
	 * later. */
	if (h && strcmp(h->block.version, step->block.version) == 0)
		c->not_before = now + SAME_MS;
	if (!h)
		h = stake_add(c, &step->block);
	claimer_seen(c, &step->block);
	if (!c->protect_at)
		c->protect_at = now + (int64_t)claimer_random(c, PROTECT_JITTER_MS);
	if (h)
		stake_set(c, h, &step->block, now);
}

static void read_answered(struct claimer *c, const struct step *step, enum engine_answer answer,
                          const struct address_block *seen, int64_t now)
{
	struct stake *h = claimer_find(c, &step->block.first);

	if (!h || (answer != ENGINE_OK && answer != ENGINE_NONE))
		return;
	if (answer == ENGINE_NONE) {
		struct address_block absent = { .first = step->block.first };
		memcpy(absent.pool, c->name, sizeof absent.pool);
		search_candidate(c, &absent, now);
		stake_drop(c, h);
		return;
	}
	block_seen(c, seen, now);
}

void claimer_answer(struct claimer *c, const struct step *step, enum engine_answer answer,
                    const struct address_block *seen, uint32_t retry_ms, int64_t now)
{
	if (step->kind == STEP_PUT || step->kind == STEP_DELETE)
		put_answered(c, step, answer, seen, now);
	else if (step->kind == STEP_READ)
		read_answered(c, step, answer, seen, now);
	else if (step->kind == STEP_LIST && answer == ENGINE_OK)
		search_listed(c, now);
	else if (step->kind == STEP_POOL)
		claimer_pool_written(c, answer, now);
	if (step->kind == STEP_POOL && answer == ENGINE_CONFLICT)
		wait_for(c, &c->conflicts, CONFLICT_MS, CONFLICT_MOST_MS, now);
	if (answer == ENGINE_UNKNOWN)
		wait_for(c, &c->silences, SILENCE_MS, SILENCE_MOST_MS, now);
	else
		c->silences = 0;
	if (answer == ENGINE_THROTTLED)
		c->not_before =
		        now + retry_ms + (int64_t)claimer_random(c, retry_ms / 4 + CONFLICT_MS);
	else if (answer == ENGINE_REFUSED)
		c->throttled = now + REFUSED_MS;
	else if (step->kind == STEP_LIST && answer == ENGINE_OK && c->search.exhausted &&
	         !(c->waiting && c->pool && !claimer_asks(c)))
		wait_for(c, &c->polls, POLL_MS, CONFLICT_MOST_MS, now);
}
