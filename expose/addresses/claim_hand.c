/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses that go from the node that has them to a node that asks by the pool: one write of the
 * block gives them, one write of the pool says so. */
#include "expose/addresses/claim.h"

#include "base/hash.h"

#include <string.h>

enum { PART_MS = 80, PARTS = 8, SURPLUS_PARTS = 2, SURPLUS_MOST = 3 };

/* Mostly one node is to answer, and rather one with more surplus, so that few addresses move. How
 * many could is not known: half of them wait to the last part of the time, a quarter to the part
 * before, and so on. */
static int64_t answers_at(const struct claimer *c, size_t request, uint32_t surplus)
{
	const uint64_t dice = bytes_hash(c->me->uid, strlen(c->me->uid), c->requests[request].id);
	const uint32_t more = (surplus < SURPLUS_MOST ? surplus : SURPLUS_MOST) - 1;
	uint32_t part = dice >> 32 ? (uint32_t)__builtin_clz((uint32_t)(dice >> 32)) : PARTS;

	part += more * SURPLUS_PARTS;
	part = PARTS - (part < PARTS ? part : PARTS);
	return c->requests[request].at + (int64_t)(part * PART_MS + dice % PART_MS);
}

/* Returns how many addresses a request still asks for. */
static uint32_t asked_count(const struct claimer *c, const struct pool_waiting *w)
{
	uint32_t owed = 0;

	for (size_t i = 0; i < c->n_owed; i++)
		if (c->owed[i].id == w->id)
			owed += mask_count(c->owed[i].addresses);
	return w->count > owed ? w->count - owed : 0;
}

/* Returns how many addresses a node gives of its surplus to a request. */
static uint32_t given_count(const struct claimer *c, const struct pool_waiting *w, uint32_t surplus)
{
	const uint32_t asked = asked_count(c, w);

	if (asked && surplus >= asked + 2)
		return asked +
		       (w->spare < (surplus - asked) / 2 ? w->spare : (surplus - asked) / 2);
	return asked < surplus ? asked : surplus;
}

/* Returns how well an address of a stake suits a request: best without a read before the write, in
 * a block that the other node knows. */
static int suits(const struct stake *h, const struct pool_waiting *w)
{
	return (h->leaving ? 4 : 0) + (h->behind ? 0 : 2) +
	       (block_own(&h->block, w->uid, CLAIM_ACTIVE) ? 1 : 0);
}

/* Returns NULL if nothing of the set can be given back. */
static struct stake *best_stake(const struct claimer *c, const struct pool_waiting *w, mask *idle)
{
	struct stake *best = NULL;

	for (size_t i = 0; i < c->n_stakes; i++) {
		struct stake *h = &c->stakes[i];
		const mask some = claimer_served_of(c, h, w->set) & (mask)~h->used & h->rested;
		if (!some || (best && suits(h, w) <= suits(best, w)))
			continue;
		best = h;
		*idle = some;
	}
	return best;
}

/* Gives addresses back. They are handed over, except for those that are not proved unused: who has
 * got them knows only the address. */
static bool offer(struct claimer *c, const struct pool_waiting *w, uint32_t n, uint32_t extra)
{
	bool found = false;
	mask idle;

	for (struct stake *h; n && (h = best_stake(c, w, &idle)); n--) {
		/* Another block costs another write. */
		if (found && n <= extra && !h->leaving)
			break;
		const mask proved = idle & (mask)~claimer_unproved(c, h);
		const mask one = proved ? proved & -proved : idle & -idle;
		claimer_leave(h, one);
		h->offered |= one & proved;
		found = true;
	}
	return found;
}

bool claimer_offer(struct claimer *c, size_t set, uint32_t surplus, int64_t now, int64_t *wake)
{
	bool found = false;

	for (size_t i = 0; i < c->pool->n_waiting && surplus; i++) {
		const struct pool_waiting *w = &c->pool->waiting[i];
		const int64_t at = answers_at(c, i, surplus);
		const uint32_t n = given_count(c, w, surplus);
		if (claimer_is_me(c, w->uid) || !w->id || w->set != set || !n)
			continue;
		if (now >= at) {
			found |=
			        offer(c, w, n, n - (asked_count(c, w) < n ? asked_count(c, w) : n));
			surplus -= n;
		} else if (*wake < 0 || at < *wake)
			*wake = at;
	}
	return found;
}

bool claimer_asked_plainly(const struct claimer *c)
{
	for (size_t i = 0; i < c->pool->n_waiting; i++)
		if (!claimer_is_me(c, c->pool->waiting[i].uid) && !c->pool->waiting[i].id)
			return true;
	return c->pool->shared.with_whereabouts;
}

/* Returns the lowest addresses of a mask, so many. */
static mask lowest(mask m, uint32_t n)
{
	mask some = 0;

	for (; m && n; n--) {
		some |= m & -m;
		m &= (mask)(m - 1);
	}
	return some;
}

bool claimer_hand(struct claimer *c, struct stake *h, struct address_block *b)
{
	const mask offered = h->leaving & h->offered;

	for (size_t i = 0; c->pool && i < c->pool->n_waiting && offered; i++) {
		const struct pool_waiting *w = &c->pool->waiting[i];
		struct pool_handed *to = &c->handing;
		struct claimant who;
		if (claimer_is_me(c, w->uid) || !w->id)
			continue;
		const mask given = lowest(offered & set_usable(&c->pool->sets[w->set], &b->first),
		                          asked_count(c, w) ? asked_count(c, w) + w->spare : 0);
		if (!given)
			continue;
		memcpy(who.node, w->node, sizeof who.node);
		memcpy(who.uid, w->uid, sizeof who.uid);
		block_assign(b, given, &who, CLAIM_ACTIVE);
		*to = (struct pool_handed){ .id = w->id, .first = b->first, .addresses = given };
		memcpy(to->node, w->node, sizeof to->node);
		memcpy(to->uid, w->uid, sizeof to->uid);
		memcpy(to->before, b->version, sizeof to->before);
		return true;
	}
	h->leaving &= (mask) ~(offered & (mask)~h->unsure);
	h->offered = 0;
	return false;
}

void claimer_owe(struct claimer *c, const struct stake *h, const struct address_block *b)
{
	struct pool_handed *given = &c->handing;

	if (!ip_equal(&given->first, &b->first) || strcmp(given->before, h->block.version) != 0 ||
	    strcmp(given->before, b->version) == 0 ||
	    (block_own(b, given->uid, CLAIM_ACTIVE) & given->addresses) != given->addresses)
		return;
	for (size_t i = 0; i < b->n_claims; i++)
		if (strcmp(b->claims[i].uid, given->uid) == 0 && !b->claims[i].owner &&
		    b->claims[i].state == CLAIM_ACTIVE)
			memcpy(given->since, b->claims[i].since, sizeof given->since);
	memcpy(given->version, b->version, sizeof given->version);
	if (c->n_owed == OWED_MAX)
		memmove(c->owed, c->owed + 1, --c->n_owed * sizeof *c->owed);
	c->owed[c->n_owed++] = *given;
	c->written = *b;
	given->first.family = 0;
}

bool handed_in(const struct pool_handed *given, const struct address_block *b)
{
	return ip_equal(&given->first, &b->first) && strcmp(given->version, b->version) == 0;
}

static bool is_answered(const struct address_pool *p, const struct pool_handed *given)
{
	for (size_t i = 0; i < p->n_handed; i++)
		if (p->handed[i].id == given->id && ip_equal(&p->handed[i].first, &given->first) &&
		    strcmp(p->handed[i].version, given->version) == 0)
			return true;
	return false;
}

static void request_lower(struct address_pool *p, const struct pool_handed *given)
{
	const uint32_t n = mask_count(given->addresses);

	for (size_t i = 0; i < p->n_waiting; i++) {
		struct pool_waiting *w = &p->waiting[i];
		if (w->id != given->id)
			continue;
		w->count = w->count > n ? w->count - n : 0;
		if (!w->count)
			memmove(w, w + 1, (--p->n_waiting - i) * sizeof *w);
		return;
	}
}

/* Adds an answer; those to former requests of the node are over. */
static void answer_add(struct address_pool *p, const struct pool_handed *given)
{
	size_t kept = 0;

	for (size_t i = 0; i < p->n_handed; i++)
		if (p->handed[i].id == given->id || strcmp(p->handed[i].uid, given->uid) != 0)
			p->handed[kept++] = p->handed[i];
	if (kept == POOL_HANDED_MAX)
		memmove(p->handed, p->handed + 1, --kept * sizeof *p->handed);
	p->handed[kept++] = *given;
	p->n_handed = kept;
}

bool claimer_answers_edit(const struct claimer *c, struct address_pool *p)
{
	bool changed = false;

	for (size_t i = 0; i < c->n_owed; i++) {
		if (is_answered(p, &c->owed[i]))
			continue;
		request_lower(p, &c->owed[i]);
		answer_add(p, &c->owed[i]);
		if (handed_in(&c->owed[i], &c->written))
			p->latest = c->written;
		changed = true;
	}
	return changed;
}
