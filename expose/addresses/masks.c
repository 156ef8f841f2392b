/* SPDX-License-Identifier: Apache-2.0 */
/* Claims of a block as bits, and bits as claims. */
#include "expose/addresses/masks.h"

#include <stdio.h>
#include <string.h>

static number block_number(const struct ip *ip)
{
	return ip_number(ip) / BLOCK_SIZE;
}

uint32_t set_blocks(const struct pool_set *s)
{
	return (uint32_t)(block_number(&s->range.end) - block_number(&s->range.start) + 1);
}

struct ip set_block(const struct pool_set *s, uint32_t index)
{
	return number_ip(s->range.start.family,
	                 (block_number(&s->range.start) + index) * BLOCK_SIZE);
}

bool set_index(const struct pool_set *s, const struct ip *first, uint32_t *index)
{
	if (first->family != s->range.start.family ||
	    block_number(first) < block_number(&s->range.start) ||
	    block_number(first) > block_number(&s->range.end))
		return false;
	*index = (uint32_t)(block_number(first) - block_number(&s->range.start));
	return true;
}

uint64_t set_size(const struct pool_set *s)
{
	return (uint64_t)(ip_number(&s->range.end) - ip_number(&s->range.start)) + 1;
}

struct ip block_ip(const struct ip *first, unsigned bit)
{
	return number_ip(first->family, ip_number(first) + bit);
}

/* Returns the addresses of a block from one to another. */
static mask span_mask(const struct ip *block, number first, number last)
{
	const number begin = ip_number(block), end = begin + BLOCK_SIZE - 1;

	if (last < begin || first > end)
		return 0;
	const unsigned low = first > begin ? (unsigned)(first - begin) : 0;
	const unsigned high = last < end ? (unsigned)(last - begin) : BLOCK_SIZE - 1;
	return (mask)((0xffffu << low) & (0xffffu >> (BLOCK_SIZE - 1 - high)));
}

mask set_usable(const struct pool_set *s, const struct ip *first)
{
	const struct range *r = &s->range;

	if (first->family != r->start.family)
		return 0;
	mask usable = span_mask(first, ip_number(&r->start), ip_number(&r->end));
	if (r->gateway.family)
		usable &= (mask)~span_mask(first, ip_number(&r->gateway), ip_number(&r->gateway));
	for (size_t i = 0; i < s->n_excluded && usable; i++)
		if (s->excluded[i].family == first->family)
			usable &=
			        (mask)~span_mask(first, s->excluded[i].first, s->excluded[i].last);
	return usable;
}

static mask claim_mask(const struct claim *c)
{
	return (mask)((0xffffu >> (BLOCK_SIZE - c->count)) << c->offset);
}

mask block_claimed(const struct address_block *b)
{
	mask claimed = b->foreign ? 0xffff : b->taken;

	for (size_t i = 0; i < b->n_claims; i++)
		claimed |= claim_mask(&b->claims[i]);
	return claimed;
}

mask block_own(const struct address_block *b, const char *uid, enum claim_state state)
{
	mask own = 0;

	for (size_t i = 0; i < b->n_claims; i++)
		if (!b->claims[i].owner && b->claims[i].state == state &&
		    strcmp(b->claims[i].uid, uid) == 0)
			own |= claim_mask(&b->claims[i]);
	return own;
}

/* Adds the largest claims that have these addresses and begin at a multiple of their size. */
static void claims_add(struct address_block *b, mask m, const struct claim *model)
{
	while (m) {
		const unsigned at = (unsigned)__builtin_ctz(m);
		unsigned count = at ? at & -at : BLOCK_SIZE;
		while ((m >> at & (0xffffu >> (BLOCK_SIZE - count))) !=
		       0xffffu >> (BLOCK_SIZE - count))
			count /= 2;
		struct claim *c = &b->claims[b->n_claims++];
		*c = *model;
		c->offset = (uint8_t)at;
		c->count = (uint8_t)count;
		m &= (mask)~claim_mask(c);
	}
}

static int claim_compare(const void *a, const void *b)
{
	return ((const struct claim *)a)->offset - ((const struct claim *)b)->offset;
}

void block_assign(struct address_block *b, mask m, const struct claimant *who,
                  enum claim_state state)
{
	const struct address_block before = *b;

	b->n_claims = 0;
	memset(b->claims, 0, sizeof b->claims);
	for (size_t i = 0; i < before.n_claims; i++) {
		const struct claim *c = &before.claims[i];
		if (c->owner)
			b->claims[b->n_claims++] = *c;
		else if (who && c->state == state && strcmp(c->uid, who->uid) == 0)
			m |= claim_mask(c);
		else if (claim_mask(c) & m)
			claims_add(b, claim_mask(c) & (mask)~m, c);
		else
			b->claims[b->n_claims++] = *c;
	}
	if (who) {
		struct claim fresh = { .state = (uint8_t)state };
		snprintf(fresh.node, sizeof fresh.node, "%s", who->node);
		snprintf(fresh.uid, sizeof fresh.uid, "%s", who->uid);
		utc_now(fresh.since);
		claims_add(b, m, &fresh);
	}
	qsort(b->claims, b->n_claims, sizeof *b->claims, claim_compare);
}

mask mask_pick(mask usable, mask taken, unsigned size)
{
	for (; size > 0; size /= 2)
		for (unsigned at = 0; at < BLOCK_SIZE; at += size) {
			const mask chunk = (mask)((0xffffu >> (BLOCK_SIZE - size)) << at);
			const mask some = chunk & usable;
			if (some && !(chunk & taken))
				return some;
		}
	return 0;
}
