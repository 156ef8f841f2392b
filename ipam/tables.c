/* SPDX-License-Identifier: Apache-2.0 */
/* The two tables of the index: the holder of each address, and the taken addresses. */
#include "ipam/pages.h"

#include "base/hash.h"

#include <string.h>

/* ::ffff:0:0/96, the place of IPv4 among the IPv6 addresses. */
static const number mapped = (number)0xffff << 32;

enum { CROWDED_HOLDERS = 13, CROWDED_BLOCKS = 10 }; /* average entries per page */

static number ip_place(const struct ip *ip)
{
	return ip->family == AF_INET ? mapped | ip_number(ip) : ip_number(ip);
}

static struct ip place_ip(number place)
{
	return place >> 32 == 0xffff ? number_ip(AF_INET, place & 0xffffffffu)
	                             : number_ip(AF_INET6, place);
}

static uint64_t block_hash(number block)
{
	return bytes_hash(&block, sizeof block, 0);
}

/* The pages that may have an entry with a given hash, in order. */
struct walk {
	struct pages *pages;
	const struct table *table;
	uint32_t at;
	uint32_t left;
	struct page *page;
};

static struct walk walk_begin(struct pages *p, const struct table *t, uint64_t hash)
{
	return (struct walk){ p, t, (uint32_t)hash & (t->pages - 1), t->pages, NULL };
}

/* Returns 1 if w->page is the next page, 0 after the last page. */
static int walk_next(struct walk *w)
{
	if (w->left == 0 || (w->page && !w->page->spilled))
		return 0;
	if (w->page)
		w->at = (w->at + 1) & (w->table->pages - 1);
	w->left--;
	w->page = page_get(w->pages, w->table->first + w->at);
	return w->page ? 1 : -1;
}

static int walk_put(const struct walk *w)
{
	return page_put(w->pages, w->table->first + w->at, w->page);
}

static int table_add(struct pages *p, struct table *t, uint64_t hash, const void *entry,
                     size_t size, uint32_t max)
{
	struct walk w = walk_begin(p, t, hash);

	while (walk_next(&w) > 0) {
		if (w.page->n < max) {
			memcpy(w.page->raw + w.page->n++ * size, entry, size);
			t->entries++;
			return walk_put(&w);
		}
		if (!w.page->spilled) {
			w.page->spilled = 1;
			if (walk_put(&w) < 0)
				return -1;
		}
	}
	return -1; /* every page is full; pages_grow() prevents that */
}

static int entry_remove(const struct walk *w, struct table *t, uint32_t i, size_t size)
{
	uint8_t *entries = w->page->raw;
	const uint32_t last = --w->page->n;

	memmove(entries + i * size, entries + last * size, size);
	memset(entries + last * size, 0, size);
	t->entries--;
	return walk_put(w);
}

static struct holder_entry holder_entry(uint64_t hash, const struct ip *ip)
{
	struct holder_entry e = { .hash = hash };
	const number place = ip_place(ip);

	memcpy(e.key, &place, sizeof e.key);
	return e;
}

int holders_add(struct pages *p, uint64_t hash, const struct ip *ip)
{
	const struct holder_entry e = holder_entry(hash, ip);

	return table_add(p, &p->holders, hash, &e, sizeof e, PAGE_HOLDERS);
}

static int holder_seek(struct walk *w, uint64_t hash, const struct ip *ip, uint32_t *index)
{
	const struct holder_entry e = holder_entry(hash, ip);
	int more;

	while ((more = walk_next(w)) > 0)
		for (*index = 0; *index < w->page->n; ++*index)
			if (memcmp(&w->page->holders[*index], &e, sizeof e) == 0)
				return 1;
	return more;
}

int holders_remove(struct pages *p, uint64_t hash, const struct ip *ip)
{
	struct walk w = walk_begin(p, &p->holders, hash);
	uint32_t i;
	const int found = holder_seek(&w, hash, ip, &i);

	return found > 0 ? entry_remove(&w, &p->holders, i, sizeof(struct holder_entry)) : found;
}

int holders_has(struct pages *p, uint64_t hash, const struct ip *ip)
{
	struct walk w = walk_begin(p, &p->holders, hash);
	uint32_t i;

	return holder_seek(&w, hash, ip, &i);
}

static int holder_show(const struct holder_entry *e, const struct holder_visit *v)
{
	number place;

	memcpy(&place, e->key, sizeof place);
	const struct ip ip = place_ip(place);
	return v->visit(e->hash, &ip, v->data);
}

int holders_find(struct pages *p, uint64_t hash, const struct holder_visit *v)
{
	struct walk w = walk_begin(p, &p->holders, hash);
	int more;

	while ((more = walk_next(&w)) > 0)
		for (uint32_t i = 0; i < w.page->n; i++) {
			if (w.page->holders[i].hash != hash)
				continue;
			const int result = holder_show(&w.page->holders[i], v);
			if (result <= 0)
				return result;
		}
	return more < 0 ? -1 : 1;
}

int holders_each(struct pages *p, const struct holder_visit *v)
{
	if (pages_load(p, p->holders.first, p->holders.pages) < 0)
		return -1;
	for (uint32_t i = 0; i < p->holders.pages; i++) {
		const struct page *page = page_get(p, p->holders.first + i);
		for (uint32_t k = 0; k < page->n; k++) {
			const int result = holder_show(&page->holders[k], v);
			if (result <= 0)
				return result;
		}
	}
	return 1;
}

static int block_seek(struct walk *w, number block, struct block_entry **entry)
{
	int more;

	while ((more = walk_next(w)) > 0)
		for (uint32_t i = 0; i < w->page->n; i++) {
			*entry = &w->page->blocks[i];
			if (memcmp((*entry)->key, &block, sizeof block) == 0)
				return 1;
		}
	return more;
}

int blocks_set(struct pages *p, const struct ip *ip, bool taken)
{
	const number block = ip_place(ip) / BLOCK_BITS;
	const unsigned at = (unsigned)(ip_place(ip) % BLOCK_BITS);
	const uint64_t bit = (uint64_t)1 << at % 64;
	struct walk w = walk_begin(p, &p->blocks, block_hash(block));
	struct block_entry fresh = { .taken = { 0 } }, *e;
	const int found = block_seek(&w, block, &e);

	if (found < 0 || (!found && !taken))
		return found;
	if (!found) {
		memcpy(fresh.key, &block, sizeof fresh.key);
		fresh.taken[at / 64] = bit;
		return table_add(p, &p->blocks, block_hash(block), &fresh, sizeof fresh,
		                 PAGE_BLOCKS);
	}
	if (taken)
		e->taken[at / 64] |= bit;
	else
		e->taken[at / 64] &= ~bit;
	if (e->taken[0] || e->taken[1])
		return walk_put(&w);
	return entry_remove(&w, &p->blocks, (uint32_t)(e - w.page->blocks), sizeof *e);
}

/* Returns the first free address of a block at or after a bit, or BLOCK_BITS if all are taken. */
static unsigned bit_free(const struct block_entry *e, unsigned from)
{
	for (unsigned word = from / 64; word < BLOCK_BITS / 64; word++, from = word * 64) {
		const uint64_t free_bits = ~e->taken[word] >> from % 64;
		if (free_bits)
			return from + (unsigned)__builtin_ctzll(free_bits);
	}
	return BLOCK_BITS;
}

/* After a few blocks, one large read is cheaper than many small ones. */
static int block_find(struct pages *p, number block, unsigned tries, struct block_entry **e)
{
	if (tries == 3 && pages_load(p, p->blocks.first, p->blocks.pages) < 0)
		return -1;
	struct walk w = walk_begin(p, &p->blocks, block_hash(block));
	return block_seek(&w, block, e);
}

int blocks_find_free(struct pages *p, const struct span *span, struct ip *out)
{
	const number base = span->family == AF_INET ? mapped : 0;
	const number last = base + span->last;
	number at = base + span->first;

	for (unsigned tries = 0;; tries += tries < 4) {
		const number block = at / BLOCK_BITS;
		struct block_entry *e;
		const int found = block_find(p, block, tries, &e);
		if (found < 0)
			return -1;
		const unsigned bit = found ? bit_free(e, (unsigned)(at % BLOCK_BITS)) : 0;
		if (bit < BLOCK_BITS) {
			const number free_at = found ? block * BLOCK_BITS + bit : at;
			*out = number_ip(span->family, free_at - base);
			return free_at <= last;
		}
		if (block == last / BLOCK_BITS)
			return 0;
		at = (block + 1) * BLOCK_BITS;
	}
}

static int copy_holder(uint64_t hash, const struct ip *ip, void *data)
{
	return holders_add(data, hash, ip);
}

static int copy_blocks(struct pages *from, struct pages *to)
{
	if (pages_load(from, from->blocks.first, from->blocks.pages) < 0)
		return -1;
	for (uint32_t i = 0; i < from->blocks.pages; i++) {
		const struct page *page = page_get(from, from->blocks.first + i);
		for (uint32_t k = 0; k < page->n; k++) {
			const struct block_entry *e = &page->blocks[k];
			number block;
			memcpy(&block, e->key, sizeof block);
			if (table_add(to, &to->blocks, block_hash(block), e, sizeof *e,
			              PAGE_BLOCKS) < 0)
				return -1;
		}
	}
	return 1;
}

int pages_grow(struct pages *p)
{
	const bool holders = p->holders.entries > (uint64_t)p->holders.pages * CROWDED_HOLDERS;
	const bool blocks = p->blocks.entries > (uint64_t)p->blocks.pages * CROWDED_BLOCKS;
	OWNED(pages_release) struct pages larger = { .fd = -1 };
	const struct holder_visit copy = { copy_holder, &larger };

	if (!holders && !blocks)
		return 0;
	if (pages_make(&larger, p->seed + 1, p->holders.pages << holders,
	               p->blocks.pages << blocks) < 0)
		return -1;
	if (holders_each(p, &copy) < 0 || copy_blocks(p, &larger) < 0)
		return -1;
	const struct pages swapped = *p;
	*p = larger;
	larger = swapped;
	return 1;
}
