/* SPDX-License-Identifier: Apache-2.0 */
/* Which step comes next. */
#include "expose/addresses/claim.h"

#include <stdio.h>
#include <string.h>

uint32_t claimer_target(const struct claimer *c, int64_t now)
{
	if (!c->pool || (!c->wanted && !c->waiting))
		return 0;
	const bool spare = now >= c->scarce_until && !claimer_tight(c);

	return c->waiting + (spare ? c->pool->spare : 0);
}

/* Decides to write step->block; a block without claims is deleted. */
static bool put_made(const struct claimer *c, const struct stake *h, struct step *step)
{
	const bool kept = claimer_open(c) && h->block.reclaimed & (mask)~h->proved_free;

	step->block.reclaimed &= (mask)~h->proved_free;
	step->kind = step->block.n_claims || kept ? STEP_PUT : STEP_DELETE;
	return true;
}

/* Writes a block with other claims of ours. */
static bool put(const struct claimer *c, const struct stake *h, mask m, enum claim_state state,
                struct step *step)
{
	step->block = h->block;
	step->kind = STEP_READ;
	if (h->behind)
		return true;
	block_assign(&step->block, m, c->me, state);
	return put_made(c, h, step);
}

/* Gives what is leaving to an owner, to nodes that ask, or to nobody. Where whereabouts has entries
 * for it, the claims are marked first. */
static bool leave(struct claimer *c, struct stake *h, int64_t now, struct step *step)
{
	const mask active = block_own(&h->block, c->me->uid, CLAIM_ACTIVE) & h->leaving;

	if (active && (!c->pool || c->pool->shared.with_whereabouts))
		return put(c, h, active, CLAIM_RELEASING, step);
	step->block = h->block;
	step->kind = STEP_READ;
	if (claimer_must_read(c, h, now) || claimer_bind(c, h, step))
		return true;
	step->stale = claimer_is_stale(c, &h->block, h->read_at, now);
	if (claimer_hand(c, h, &step->block)) {
		step->kind = STEP_PUT;
		return true;
	}
	if (!h->leaving)
		return false;
	block_assign(&step->block, h->leaving, NULL, CLAIM_RELEASING);
	return put_made(c, h, step);
}

/* Claims that a former process was giving back, and claims that another node gave up for lost
 * although we live: what is in use stays ours. */
static bool restore(struct claimer *c, struct stake *h, struct step *step)
{
	const mask releasing =
	        block_own(&h->block, c->me->uid, CLAIM_RELEASING) & (mask)~h->leaving;
	const mask lost = block_own(&h->block, c->me->uid, CLAIM_LOST) & (mask)~h->leaving;

	if ((releasing & h->used) | lost)
		return put(c, h, (releasing & h->used) | lost, CLAIM_ACTIVE, step);
	if (releasing) {
		h->leaving |= releasing;
		h->proved = false;
	}
	return false;
}

/* Writes a block with other times of our claims: no former write happens any more. */
static bool fence(const struct claimer *c, const struct stake *h, struct step *step)
{
	const mask kept = h->unsure & (mask)~h->leaving;

	return kept && put(c, h, kept, CLAIM_ACTIVE, step);
}

static bool settle(struct claimer *c, int64_t now, struct step *step)
{
	for (size_t i = 0; i < c->n_stakes; i++)
		if (c->stakes[i].doubtful) {
			step->kind = STEP_READ;
			step->block = c->stakes[i].block;
			return true;
		}
	for (size_t i = 0; i < c->n_stakes; i++)
		if (!c->stakes[i].block.foreign &&
		    (restore(c, &c->stakes[i], step) || fence(c, &c->stakes[i], step)))
			return true;
	for (size_t i = 0; i < c->n_stakes; i++)
		if (c->stakes[i].leaving && !c->stakes[i].proved) {
			step->kind = STEP_WITHDRAW;
			return true;
		}
	for (size_t i = 0; i < c->n_stakes; i++)
		if (c->stakes[i].leaving && !c->stakes[i].block.foreign &&
		    leave(c, &c->stakes[i], now, step))
			return true;
	return false;
}

static bool asks_in(const struct claimer *c, const struct address_pool *p, size_t *at)
{
	for (*at = 0; *at < p->n_waiting; ++*at)
		if (strcmp(p->waiting[*at].uid, c->me->uid) == 0)
			return true;
	return false;
}

static void waiting_remove(struct address_pool *p, size_t at)
{
	memmove(&p->waiting[at], &p->waiting[at + 1], (--p->n_waiting - at) * sizeof *p->waiting);
}

/* If the list is full of nodes, the oldest is probably gone; if not, the others are asked anyway.
 */
static void waiting_add(const struct claimer *c, struct address_pool *p)
{
	if (p->n_waiting == POOL_WAITING_MAX)
		waiting_remove(p, 0);
	struct pool_waiting *w = &p->waiting[p->n_waiting++];
	snprintf(w->node, sizeof w->node, "%s", c->me->node);
	snprintf(w->uid, sizeof w->uid, "%s", c->me->uid);
	w->id = c->ask;
	w->count = c->ask_count;
	w->spare = c->ask_spare;
	w->set = c->ask_set;
}

/* A list of all blocks shows how full the pool is. */
static bool fullness_differs(const struct claimer *c, const struct address_pool *p)
{
	return c->search.judged && c->search.tight != p->nearly_full;
}

/* Of several nodes that came back, one at a time is named. */
static bool return_differs(const struct claimer *c, const struct address_pool *p)
{
	return c->strays ? !*p->came_back : strcmp(p->came_back, c->me->node) == 0;
}

static bool conditions_edit(const struct claimer *c, struct address_pool *p)
{
	const bool fullness = fullness_differs(c, p), back = return_differs(c, p);

	if (fullness)
		p->nearly_full = c->search.tight;
	if (back)
		snprintf(p->came_back, sizeof p->came_back, "%s", c->strays ? c->me->node : "");
	return fullness || back;
}

bool claimer_edit(const struct claimer *c, struct address_pool *p)
{
	const bool empty = c->n_stakes == 0 && c->search.exhausted && c->search.n_all == 0;
	const bool finalizer = p->deleting ? p->finalizer && !empty : true;
	bool changed = p->finalizer != finalizer;
	size_t at;

	p->finalizer = finalizer;
	changed |= conditions_edit(c, p);
	changed |= claimer_answers_edit(c, p);
	const bool asked = asks_in(c, p, &at);
	if (asked && !c->waiting) {
		waiting_remove(p, at);
		changed = true;
	} else if (!asked && c->waiting && c->ask && c->search.exhausted && !p->deleting) {
		waiting_add(c, p);
		changed = true;
	}
	return changed;
}

static int64_t earlier(int64_t a, int64_t b)
{
	return a < 0 || (b >= 0 && b < a) ? b : a;
}

/* We no longer ask; the pool's last block is gone; it has blocks and no finalizer; or a condition
 * of it is another. */
static bool pool_needs(const struct claimer *c, int64_t now, struct step *step)
{
	size_t at;

	if (!c->pool)
		return false;
	if (c->n_owed) {
		step->kind = STEP_POOL;
		return true;
	}
	if (c->pool->deleting && c->pool->finalizer && c->n_stakes == 0) {
		step->kind = c->search.exhausted && c->search.n_all == 0 ? STEP_POOL : STEP_LIST;
		return true;
	}
	const bool bare = !c->pool->deleting && !c->pool->finalizer && c->n_stakes;
	if (bare && now < c->protect_at)
		step->wake = earlier(step->wake, c->protect_at);
	else if (bare || (!c->waiting && asks_in(c, c->pool, &at)) ||
	         fullness_differs(c, c->pool) || return_differs(c, c->pool))
		step->kind = STEP_POOL;
	return step->kind == STEP_POOL;
}

/* Lets what has not been used for the pool's holdDown count as rested. Returns when the next
 * address does; -1: none. */
static int64_t rest(struct claimer *c, int64_t now)
{
	const int64_t hold_down = c->pool ? (int64_t)c->pool->hold_down * 1000 : 0;
	int64_t next = -1;

	for (size_t i = 0; i < c->n_stakes; i++) {
		struct stake *h = &c->stakes[i];
		for (unsigned k = 0; k < BLOCK_SIZE; k++) {
			const mask bit = (mask)(1u << k);
			if ((h->used | h->rested) & bit)
				continue;
			if (now - h->used_until[k] >= hold_down)
				h->rested |= bit;
			else
				next = earlier(next, h->used_until[k] + hold_down);
		}
	}
	return next;
}

void claimer_leave(struct stake *h, mask m)
{
	h->leaving |= m;
	h->proved = false;
}

/* Gives back what endpoints can no longer get: its pool is gone, or its range changed. */
static bool outside(struct claimer *c)
{
	bool found = false;

	for (size_t i = 0; i < c->n_stakes; i++) {
		struct stake *h = &c->stakes[i];
		const mask m = block_own(&h->block, c->me->uid, CLAIM_ACTIVE) &
		               (mask)~claimer_served(c, h) & (mask) ~(h->used | h->leaving);
		if (!m || h->doubtful)
			continue;
		claimer_leave(h, m);
		found = true;
	}
	return found;
}

/* Gives back at most n addresses of a set: each chunk of that size, or larger, as a whole. */
static bool shrink(struct claimer *c, size_t set, uint32_t n, unsigned size)
{
	bool found = false;

	for (size_t i = c->n_stakes; i-- > 0 && n >= size;) {
		struct stake *h = &c->stakes[i];
		const mask idle = claimer_served_of(c, h, set) & (mask)~h->used & h->rested;
		for (unsigned at = 0; at < BLOCK_SIZE && n >= size; at += size) {
			const mask chunk = (mask)((0xffffu >> (BLOCK_SIZE - size)) << at);
			const mask own = block_own(&h->block, c->me->uid, CLAIM_ACTIVE) & chunk;
			if (!own || (own & (mask)~idle) || mask_count(own) > n)
				continue;
			claimer_leave(h, own);
			n -= mask_count(own);
			found = true;
		}
	}
	return found;
}

/* While others wait, what they ask for and no ADD here waits for. Else only what exceeds the usual
 * spare addresses by two usual claims, so that a pod that starts and ends again moves nothing. */
static bool set_surplus(struct claimer *c, size_t set, int64_t now, int64_t *wake)
{
	const uint32_t have = claimer_free(c, set), target = claimer_target(c, now);
	const uint32_t usual = c->waiting + c->pool->spare;
	const unsigned size = claimer_size(c, set, usual + 1);

	const uint32_t surplus = have > target ? have - target : 0;

	if (c->others && now < c->scarce_until && !claimer_asked_plainly(c))
		return claimer_offer(c, set, surplus, now, wake);
	if (c->others && now < c->scarce_until) {
		if (now < c->leave_at)
			*wake = earlier(*wake, c->leave_at);
		else
			return surplus && shrink(c, set, surplus, 1);
		return false;
	}
	if (!c->wanted && !c->waiting)
		return have && shrink(c, set, have, 1);
	/* Other nodes ask for what they need, but whereabouts cannot. */
	if (claimer_tight(c) && c->pool->shared.with_whereabouts)
		return surplus && shrink(c, set, surplus, 1);
	return have >= usual + 2 * size && shrink(c, set, have - usual - size, size);
}

bool claimer_surplus(struct claimer *c, int64_t now, int64_t *wake)
{
	bool found = outside(c);

	for (size_t i = 0; claimer_open(c) && i < c->pool->n_sets; i++)
		found |= set_surplus(c, i, now, wake);
	return found;
}

void claimer_next(struct claimer *c, int64_t now, struct step *step)
{
	c->begun = true;
	step->kind = STEP_NONE;
	step->stale = false;
	step->wake = -1;
	if (now < c->not_before || now < c->throttled) {
		step->wake = c->not_before > c->throttled ? c->not_before : c->throttled;
		return;
	}
	const int64_t rested = rest(c, now);
	if (settle(c, now, step) || claimer_search(c, now, step) || pool_needs(c, now, step))
		return;
	int64_t wake = step->wake;
	if (claimer_surplus(c, now, &wake) && settle(c, now, step))
		return;
	step->kind = STEP_NONE;
	step->wake = earlier(wake, rested);
}
