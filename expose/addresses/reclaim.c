/* SPDX-License-Identifier: Apache-2.0 */
/* Claims of nodes that are gone: first marked as lost, then removed. */
#include "expose/addresses/reclaim.h"

#include "expose/addresses/announce.h"
#include "expose/addresses/binding.h"
#include "expose/common/daemon.h"

#include <string.h>

enum { AGAIN_MS = 30000 }; /* after a call that failed */

struct reclaim_terms {
	const struct claimant *me;
	int64_t now;
	int64_t wait; /* ms, from the mark to the end of a claim */
	bool deleting;
};

void reclaim_release(struct reclaim *r)
{
	free(r->suspects);
	*r = (struct reclaim){ .suspects = NULL };
}

static bool is_known(const struct reclaim *r, const struct suspect *s)
{
	for (size_t i = 0; i < r->n; i++)
		if (strcmp(r->suspects[i].uid, s->uid) == 0 &&
		    strcmp(r->suspects[i].pool, s->pool) == 0 &&
		    ip_equal(&r->suspects[i].first, &s->first))
			return true;
	return false;
}

/* Of more than there is room for, some are kept by chance. What is known as lost stays. */
static void suspect_add(struct reclaim *r, struct claimer *c, const struct suspect *s)
{
	if (!r->suspects)
		r->suspects = calloc(SUSPECTS_MAX, sizeof *r->suspects);
	if (!r->suspects || is_known(r, s))
		return;
	r->seen++;
	size_t at = r->n;
	if (at == SUSPECTS_MAX) {
		at = claimer_random(c, r->seen);
		if (at >= SUSPECTS_MAX || r->suspects[at].lost)
			return;
	} else
		r->n++;
	r->suspects[at] = *s;
}

void reclaim_offer(struct reclaim *r, struct claimer *c, const struct address_block *b, int64_t now)
{
	for (size_t i = 0; i < b->n_claims; i++) {
		const struct claim *claim = &b->claims[i];
		struct suspect s = { .first = b->first, .next = now };
		if (strcmp(claim->uid, c->me->uid) == 0)
			continue;
		memcpy(s.pool, b->pool, sizeof s.pool);
		memcpy(s.node, claim->node, sizeof s.node);
		memcpy(s.uid, claim->uid, sizeof s.uid);
		suspect_add(r, c, &s);
	}
}

static mask claims_of(const struct address_block *b, const char *uid)
{
	return block_own(b, uid, CLAIM_ACTIVE) | block_own(b, uid, CLAIM_RELEASING) |
	       block_own(b, uid, CLAIM_LOST);
}

static bool has_claims(const struct address_block *b, const char *uid)
{
	for (size_t i = 0; i < b->n_claims; i++)
		if (strcmp(b->claims[i].uid, uid) == 0)
			return true;
	return false;
}

/* Marks every claim of a node that is gone. Returns whether all were marked before. */
static bool claims_mark(struct address_block *b, const struct claimant *gone)
{
	bool marked = claims_of(b, gone->uid) == block_own(b, gone->uid, CLAIM_LOST);

	block_assign(b, claims_of(b, gone->uid), gone, CLAIM_LOST);
	for (size_t i = 0; i < b->n_claims; i++) {
		struct claim *c = &b->claims[i];
		if (!c->owner || strcmp(c->uid, gone->uid) != 0)
			continue;
		marked &= c->state == CLAIM_LOST;
		c->state = CLAIM_LOST;
	}
	return marked;
}

/* Frees the claims of a node that is gone. An owner keeps its address: where no other node has it,
 * we look after it. Until their next use all of them are marked. */
static void claims_free(struct address_block *b, const char *gone, const struct claimant *me)
{
	b->reclaimed |= claims_of(b, gone);
	block_assign(b, claims_of(b, gone), NULL, CLAIM_LOST);
	for (size_t i = 0; i < b->n_claims; i++) {
		const struct claim c = b->claims[i];
		if (!c.owner || strcmp(c.uid, gone) != 0)
			continue;
		bound_remove(b, c.offset, c.owner, gone);
		b->reclaimed |= (mask)(1u << c.offset);
		if (!bound_any(b, c.offset, c.owner))
			bound_set(b, c.offset, c.owner, me, CLAIM_IDLE);
		i--;
	}
}

/* Marks the claims of a node that is gone, or removes those that were marked before. */
static enum engine_answer change(struct suspect *s, struct engine *e,
                                 const struct reclaim_terms *terms, bool *over, struct failure *f)
{
	struct address_block b = { .n_claims = 0 };
	struct claimant gone;

	memcpy(gone.node, s->node, sizeof gone.node);
	memcpy(gone.uid, s->uid, sizeof gone.uid);
	const enum engine_answer got = e->kind->block_get(e, s->pool, &s->first, &b, f);
	*over = got == ENGINE_NONE || (got == ENGINE_OK && (b.foreign || !has_claims(&b, s->uid)));
	if (got != ENGINE_OK || *over)
		return got;
	const bool marked = claims_mark(&b, &gone);
	if (!s->lost || !marked) {
		s->lost = true;
		s->next = terms->now + terms->wait;
		return marked ? ENGINE_OK : e->kind->block_put(e, &b, f);
	}
	claims_free(&b, s->uid, terms->me);
	*over = true;
	const enum engine_answer put = b.n_claims || !terms->deleting
	                                       ? e->kind->block_put(e, &b, f)
	                                       : e->kind->block_delete(e, &b, f);
	if (put == ENGINE_OK)
		pool_announce(e, s->pool, "Reclaimed",
		              "node %s (%s) is gone: its addresses are free again", s->node,
		              s->uid);
	return put;
}

static int64_t next_of(const struct reclaim *r)
{
	int64_t next = -1;

	for (size_t i = 0; i < r->n; i++)
		if (next < 0 || r->suspects[i].next < next)
			next = r->suspects[i].next;
	return next;
}

int64_t reclaim_step(struct reclaim *r, struct engine *e, const struct claimer *c, int64_t now,
                     struct failure *f)
{
	const struct address_pool *p = c->pool;
	const struct reclaim_terms terms = { c->me, now, (int64_t)p->reclaim_after * 1000,
		                             p->deleting };

	for (size_t i = 0; i < r->n; i++) {
		struct suspect *s = &r->suspects[i];
		bool over = false;
		if (s->next > now || strcmp(s->pool, p->name) != 0)
			continue;
		s->next = now + AGAIN_MS;
		const enum engine_answer found = e->kind->node_find(e, s->node, s->uid, f);
		if (found == ENGINE_NONE)
			change(s, e, &terms, &over, f);
		if (found == ENGINE_OK || over)
			*s = r->suspects[--r->n];
		break;
	}
	r->seen = r->n;
	return next_of(r);
}
