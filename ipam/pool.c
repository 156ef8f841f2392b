/* SPDX-License-Identifier: Apache-2.0 */
/* The addresses that a set may give, and their order. */
#include "ipam/range.h"

#include <string.h>

void pool_release(struct pool *p)
{
	free(p->spans);
	*p = (struct pool){ 0 };
}

static int pool_add(struct pool *p, struct span span, struct failure *f)
{
	if ((p->n & (p->n + 1)) == 0) { /* room for 1, 3, 7, … */
		struct span *grown = realloc(p->spans, (p->n * 2 + 1) * sizeof *grown);
		if (!grown)
			return fail_errno(f, ENOMEM, "collect the addresses of a range set");
		p->spans = grown;
	}
	p->spans[p->n++] = span;
	p->size = number_add(p->size, span_size(&span));
	return 0;
}

/* Returns the first and lowest of the excluded spans that touches `want`; NULL: no span touches
 * it. */
static const struct span *excluded_first(const struct span *want, const struct span *excluded,
                                         size_t n)
{
	const struct span *found = NULL;

	for (size_t i = 0; i < n; i++) {
		const struct span *e = &excluded[i];
		if (e->family != want->family || e->last < want->first || e->first > want->last)
			continue;
		if (!found || e->first < found->first)
			found = e;
	}
	return found;
}

/* Adds a span without its excluded addresses. */
static int pool_add_without(struct pool *p, struct span want, const struct span *excluded, size_t n,
                            struct failure *f)
{
	const struct span *hole;

	while ((hole = excluded_first(&want, excluded, n)) != NULL) {
		const struct span before = { want.first, hole->first - 1, want.family };
		if (hole->first > want.first && pool_add(p, before, f) < 0)
			return -1;
		if (hole->last >= want.last)
			return 0;
		want.first = hole->last + 1;
	}
	return pool_add(p, want, f);
}

/* Adds a part of a range without the gateway and the excluded addresses. */
static int pool_add_range(struct pool *p, const struct range *r, struct span want,
                          const struct span *excluded, size_t n, struct failure *f)
{
	const struct span gateway = { ip_number(&r->gateway), ip_number(&r->gateway), want.family };
	const bool within =
	        r->gateway.family && gateway.first >= want.first && gateway.first <= want.last;
	const struct span below = { want.first, gateway.first - 1, want.family };
	const struct span above = { gateway.first + 1, want.last, want.family };

	if (!within)
		return pool_add_without(p, want, excluded, n, f);
	if (gateway.first > want.first && pool_add_without(p, below, excluded, n, f) < 0)
		return -1;
	if (gateway.first < want.last && pool_add_without(p, above, excluded, n, f) < 0)
		return -1;
	return 0;
}

/* Returns the index of the range with an address, or the number of ranges if no range has it. */
static size_t range_index(const struct range_set *set, const struct ip *ip)
{
	const struct range *found = range_set_find(set, ip);

	return found ? (size_t)(found - set->ranges) : set->n;
}

static struct span range_part(const struct range *r, number first, number last)
{
	return (struct span){ first, last, r->subnet.ip.family };
}

int pool_make(struct pool *p, const struct range_set *set, const struct ip *last,
              const struct span *excluded, size_t n_excluded, struct failure *f)
{
	const size_t at = range_index(set, last);
	const bool turned = at < set->n;
	const struct range *r = &set->ranges[turned ? at : 0];
	const number here = ip_number(last);

	*p = (struct pool){ 0 };
	if (turned && here < ip_number(&r->end) &&
	    pool_add_range(p, r, range_part(r, here + 1, ip_number(&r->end)), excluded, n_excluded,
	                   f) < 0)
		return -1;
	for (size_t i = turned; i < set->n; i++) {
		const struct range *next = &set->ranges[(turned ? at + i : i) % set->n];
		const struct span whole =
		        range_part(next, ip_number(&next->start), ip_number(&next->end));
		if (pool_add_range(p, next, whole, excluded, n_excluded, f) < 0)
			return -1;
	}
	if (!turned)
		return 0;
	return pool_add_range(p, r, range_part(r, ip_number(&r->start), here), excluded, n_excluded,
	                      f);
}
