/* SPDX-License-Identifier: Apache-2.0 */
/* Collecting the entries of IPPools by block. */
#include "expose/addresses/shelves.h"

#include <errno.h>
#include <string.h>

struct reading {
	struct shelves *shelves;
	uint8_t family;
	bool short_of_memory;
};

/* Adds what is said of one block, which merge() puts in its place. */
static bool shelf_add(struct shelves *s, const struct shelf *shelf)
{
	if (s->n == s->room) {
		const size_t room = s->room * 2 + 64;
		struct shelf *grown = realloc(s->shelf, room * sizeof *grown);
		if (!grown)
			return false;
		s->shelf = grown;
		s->room = room;
	}
	s->shelf[s->n++] = *shelf;
	return true;
}

static void entry_note(const struct ippool_entry *entry, void *data)
{
	struct reading *r = data;
	const struct shelves *s = r->shelves;
	const unsigned bit = (unsigned)(entry->at % BLOCK_SIZE);
	const mask m = (mask)(1u << bit);
	const bool own =
	        entry->ours && strcmp(entry->pool, s->pool) == 0 && strcmp(entry->uid, s->uid) == 0;
	const struct shelf one = { .first = number_ip(r->family, entry->at - bit),
		                   .taken = own ? 0 : m,
		                   .own = own ? m : 0 };

	r->short_of_memory |= !shelf_add(r->shelves, &one);
}

static int shelf_compare(const void *a, const void *b)
{
	const struct ip *x = &((const struct shelf *)a)->first;
	const struct ip *y = &((const struct shelf *)b)->first;

	return x->family == y->family ? ip_compare(x, y) : x->family - y->family;
}

static void merge(struct shelves *s)
{
	size_t n = 0;

	if (s->n)
		qsort(s->shelf, s->n, sizeof *s->shelf, shelf_compare);
	for (size_t i = 0; i < s->n; i++) {
		if (!n || !ip_equal(&s->shelf[n - 1].first, &s->shelf[i].first)) {
			s->shelf[n++] = s->shelf[i];
			continue;
		}
		s->shelf[n - 1].taken |= s->shelf[i].taken;
		s->shelf[n - 1].own |= s->shelf[i].own;
		s->shelf[n - 1].lacking |= s->shelf[i].lacking;
	}
	s->n = n;
}

int shelves_read(struct shelves *s, const struct ippool *pool, struct failure *f)
{
	struct reading r = { s, pool->subnet.ip.family, false };
	const struct ippool_visit v = { entry_note, &r };

	ippool_walk(pool, &v);
	merge(s);
	return r.short_of_memory ? fail_errno(f, ENOMEM, "read whereabouts' IPPool") : 0;
}

/* Marks which of our entries the other IPPool lacks, where it has the address. */
static void lacking_mark(struct shelf *shelf, const struct shelf *other, const struct cidr *subnet)
{
	const mask has = other ? other->own | other->taken : 0;

	for (unsigned i = 0; i < BLOCK_SIZE; i++) {
		const struct ip ip = block_ip(&shelf->first, i);
		if ((shelf->own & (mask)~has) >> i & 1 && cidr_contains(subnet, &ip))
			shelf->lacking |= (mask)(1u << i);
	}
}

int shelves_read_other(struct shelves *s, const struct ippool *pool, struct failure *f)
{
	OWNED(shelves_release) struct shelves other = { .pool = s->pool, .uid = s->uid };
	bool good = true;

	if (shelves_read(&other, pool, f) < 0)
		return -1;
	for (size_t i = 0; i < s->n; i++)
		lacking_mark(&s->shelf[i], shelves_find(&other, &s->shelf[i].first), &pool->subnet);
	for (size_t i = 0; i < other.n && good; i++) {
		const struct shelf taken = { .first = other.shelf[i].first,
			                     .taken = other.shelf[i].taken };
		good = !taken.taken || shelf_add(s, &taken);
	}
	merge(s);
	return good ? 0 : fail_errno(f, ENOMEM, "read whereabouts' IPPool");
}

struct shelf *shelves_find(const struct shelves *s, const struct ip *first)
{
	const struct shelf key = { .first = *first };

	return s->n ? bsearch(&key, s->shelf, s->n, sizeof key, shelf_compare) : NULL;
}

void shelf_apply(const struct shelves *s, const struct shelf *shelf, struct address_block *b)
{
	const mask active = block_own(b, s->uid, CLAIM_ACTIVE);

	b->taken = (shelf ? shelf->taken : 0) | (active & (mask) ~(shelf ? shelf->own : 0));
}
