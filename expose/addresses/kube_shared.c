/* SPDX-License-Identifier: Apache-2.0 */
/* Pools whose networks whereabouts serves too. Blocks are where they always are; each address that
 * a node claims has an entry besides in whereabouts' IPPool, and in those that overlap with it.
 *
 * - The entry is written before the claim, and removed after it. So whereabouts gives no address
 *   that is in a claim.
 * - Only the node of an entry claims its address. Of several entries, that in the pool's own IPPool
 *   is the first one, and decides between nodes.
 * - The entry of a new claim is always written, also where it is there already. A removal that is
 *   still on its way belongs to an older version of the IPPool, and cannot happen any more.
 * - An entry stays if its claim may have been written: its node may claim the address.
 * - An own claim without its entry is not used: it was written late. One that lacks entries in an
 *   IPPool that overlaps, and is new, gets them.
 */
#include "expose/addresses/kube_engine.h"
#include "expose/addresses/shelves.h"
#include "expose/common/daemon.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static struct sharing *sharing_of(struct engine *e)
{
	return &((struct kubernetes *)e)->sharing;
}

enum engine_answer shared_node_enter(struct engine *e, const char *node, char uid[static NODE_UID],
                                     struct failure *f)
{
	const enum engine_answer got = kube_node_enter(e, node, uid, f);

	if (got == ENGINE_OK)
		memcpy(sharing_of(e)->uid, uid, NODE_UID);
	return got;
}

enum engine_answer shared_pools(struct engine *e, struct pool_list *out, struct failure *f)
{
	struct kubernetes *k = (struct kubernetes *)e;
	const enum engine_answer got = kube_pools(e, out, f);

	for (size_t i = 0; got == ENGINE_OK && i < out->n; i++)
		if (!sharing_note(&k->sharing, &k->client, &out->pools[i])) {
			fail_errno(f, ENOMEM, "collect pools");
			return ENGINE_REFUSED;
		}
	return got;
}

/* Reads what others have of an IPPool. */
static enum engine_answer place_read(struct shelves *s, const struct ippool_place *place, bool own,
                                     struct failure *f)
{
	OWNED(ippool_release) struct ippool pool = { .text = NULL };
	const enum engine_answer got = ippool_get(place, &pool, f);

	if (got == ENGINE_NONE) /* as if it had no entries */
		pool = (struct ippool){ .text = strdup("{}"),
			                .allocations = { 0, 2 },
			                .subnet = place->subnet };
	else if (got != ENGINE_OK)
		return got;
	if (pool.text && (own ? shelves_read : shelves_read_other)(s, &pool, f) == 0)
		return ENGINE_OK;
	return ENGINE_REFUSED;
}

/* Reads what others have of a pool's IPPools, or of a block alone. */
static enum engine_answer places_read(struct shelves *s, const struct partner *p,
                                      const struct ip *block, struct failure *f)
{
	enum engine_answer got = ENGINE_OK;

	for (size_t i = 0; i < p->n_places && got == ENGINE_OK; i++)
		if (!block || place_covers(&p->places[i], block))
			got = place_read(s, &p->places[i], i < p->n_own, f);
	return got;
}

struct merge {
	struct shelves *shelves;
	const struct block_visit *visit;
};

static void merge_visit(const struct address_block *b, void *data)
{
	const struct merge *m = data;
	struct address_block merged = *b;
	struct shelf *s = shelves_find(m->shelves, &b->first);

	shelf_apply(m->shelves, s, &merged);
	if (s) {
		s->seen = true;
		s->lacking &= block_own(b, m->shelves->uid, CLAIM_ACTIVE);
	}
	m->visit->visit(&merged, m->visit->data);
}

/* Visits what is no block, since no node has addresses of it, but others have. */
static void absent_visit(const struct merge *m, const char *pool)
{
	for (size_t i = 0; i < m->shelves->n; i++) {
		const struct shelf *s = &m->shelves->shelf[i];
		struct address_block b = { .first = s->first, .taken = s->taken };
		if (s->seen || !s->taken)
			continue;
		memcpy(b.pool, pool, strlen(pool) + 1);
		m->visit->visit(&b, m->visit->data);
	}
}

/* Gives a block's claims the entries that IPPools lack, which were made after the claims. */
static void mend(const struct partner *p, const struct shelf *shelf, const char *uid)
{
	struct address_block before = { .first = shelf->first }, after = before;
	struct claimant me = { .node = "" };

	memcpy(before.pool, p->pool, sizeof before.pool);
	memcpy(after.pool, p->pool, sizeof after.pool);
	snprintf(me.uid, sizeof me.uid, "%s", uid);
	block_assign(&after, shelf->lacking, &me, CLAIM_ACTIVE);
	for (size_t i = p->n_own; i < p->n_places; i++) {
		const struct ippool_change c = { &p->places[i], &before, &after };
		struct failure f = { 0 };
		if (place_covers(&p->places[i], &shelf->first) && ippool_hold(&c, &f) != ENGINE_OK)
			log_event("IPPool %s lacks addresses that pool %s has: %s", c.place->name,
			          p->pool, f.code ? f.msg : "others have them, too");
	}
}

enum engine_answer shared_blocks(struct engine *e, const char *pool, const char *uid,
                                 const struct block_visit *v, struct failure *f)
{
	const struct sharing *sharing = sharing_of(e);
	OWNED(shelves_release) struct shelves s = { .pool = pool, .uid = sharing->uid };
	const struct merge m = { &s, v };
	const struct block_visit visit = { merge_visit, (void *)(uintptr_t)&m };
	struct partner *p = sharing_find(sharing, pool);

	if (!p)
		return kube_blocks(e, pool, uid, v, f);
	enum engine_answer got = sharing_look(p, f);
	if (got == ENGINE_OK)
		got = places_read(&s, p, NULL, f);
	if (got == ENGINE_OK)
		got = kube_blocks(e, pool, uid, &visit, f);
	if (got == ENGINE_OK && !uid)
		absent_visit(&m, pool);
	for (size_t i = 0; got == ENGINE_OK && i < s.n; i++)
		if (s.shelf[i].seen && s.shelf[i].lacking)
			mend(p, &s.shelf[i], sharing->uid);
	return got;
}

enum engine_answer shared_block_get(struct engine *e, const char *pool, const struct ip *first,
                                    struct address_block *out, struct failure *f)
{
	const struct sharing *sharing = sharing_of(e);
	OWNED(shelves_release) struct shelves s = { .pool = pool, .uid = sharing->uid };
	const struct partner *p = sharing_find(sharing, pool);

	enum engine_answer got = kube_block_get(e, pool, first, out, f);
	if ((got != ENGINE_OK && got != ENGINE_NONE) || !p)
		return got;
	const enum engine_answer read = places_read(&s, p, first, f);
	const struct shelf *found = shelves_find(&s, first);
	if (read != ENGINE_OK || (got == ENGINE_NONE && !(found && found->taken)))
		return read == ENGINE_OK ? got : read;
	if (got == ENGINE_NONE)
		*out = (struct address_block){ .first = *first };
	memcpy(out->pool, pool, strlen(pool) + 1);
	shelf_apply(&s, found, out);
	return ENGINE_OK;
}

/* Reads a block as it is before a write of the version that it must have. */
static enum engine_answer before_get(struct engine *e, const struct address_block *b,
                                     struct address_block *before, struct failure *f)
{
	*before = (struct address_block){ .first = b->first };
	memcpy(before->pool, b->pool, sizeof before->pool);
	if (!*b->version)
		return ENGINE_OK;
	const enum engine_answer got = kube_block_get(e, b->pool, &b->first, before, f);
	return got == ENGINE_OK && strcmp(before->version, b->version) != 0 ? ENGINE_CONFLICT : got;
}

/* Removes entries. What cannot be removed now costs an address until its node claims it again. */
static void drop(const struct partner *p, size_t n, const struct address_block *before,
                 const struct address_block *after)
{
	for (size_t i = n; i-- > 0;) {
		const struct ippool_change c = { &p->places[i], before, after };
		struct failure f = { 0 };
		if (place_covers(&p->places[i], &after->first) && ippool_drop(&c, &f) != ENGINE_OK)
			log_failure(&f);
	}
}

/* Writes entries into one IPPool after the other. After a failure it leaves none. */
static enum engine_answer hold(const struct partner *p, const struct address_block *before,
                               const struct address_block *after, struct failure *f)
{
	enum engine_answer got = ENGINE_OK;

	for (size_t i = 0; i < p->n_places && got == ENGINE_OK; i++) {
		const struct ippool_change c = { &p->places[i], before, after };
		if (!place_covers(&p->places[i], &after->first))
			continue;
		got = ippool_hold(&c, f);
		if (got != ENGINE_OK)
			drop(p, i, after, before);
	}
	return got;
}

/* Returns whether a write claims addresses that were in no claim: their IPPools must be known. */
static bool gains(const struct address_block *before, const struct address_block *after)
{
	struct address_block claims = *after;

	claims.taken = 0;
	return block_claimed(&claims) & (mask)~block_claimed(before);
}

enum engine_answer shared_block_put(struct engine *e, struct address_block *b, struct failure *f)
{
	struct partner *p = sharing_find(sharing_of(e), b->pool);
	struct address_block before;

	if (!p)
		return kube_block_put(e, b, f);
	enum engine_answer got = before_get(e, b, &before, f);
	if (got == ENGINE_OK && (!p->looked || gains(&before, b)))
		got = sharing_look(p, f);
	if (got == ENGINE_OK)
		got = hold(p, &before, b, f);
	if (got == ENGINE_OK) {
		got = kube_block_put(e, b, f);
		if (got == ENGINE_OK)
			drop(p, p->n_places, &before, b);
		else if (got != ENGINE_UNKNOWN) /* what may be written may need its entries */
			drop(p, p->n_places, b, &before);
	}
	return got == ENGINE_NONE ? ENGINE_CONFLICT : got;
}

enum engine_answer shared_block_delete(struct engine *e, const struct address_block *b,
                                       struct failure *f)
{
	const struct partner *p = sharing_find(sharing_of(e), b->pool);
	struct address_block before, none = { .first = b->first };

	if (!p)
		return kube_block_delete(e, b, f);
	memcpy(none.pool, b->pool, sizeof none.pool);
	enum engine_answer got = before_get(e, b, &before, f);
	if (got == ENGINE_OK)
		got = kube_block_delete(e, b, f);
	if (got == ENGINE_OK)
		drop(p, p->n_places, &before, &none);
	return got;
}
