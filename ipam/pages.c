/* SPDX-License-Identifier: Apache-2.0 */
/* Pages of the index: in memory, in the file, or both. A checksum proves each page. */
#include "ipam/pages.h"

#include "base/hash.h"

#include <errno.h>
#include <string.h>

void pages_release(struct pages *p)
{
	free(p->memory);
	p->memory = NULL;
	p->count = 0;
}

size_t pages_size(const struct pages *p)
{
	return ((size_t)1 + p->holders.pages + p->blocks.pages) * PAGE_BYTES;
}

/* Computes the checksum of a page. It covers the file, the time and the place, so that a page from
 * elsewhere is as invalid as a damaged one. */
static uint64_t page_sum(const struct pages *p, uint32_t page_number, const struct page *page)
{
	const size_t start = sizeof page->sum;

	return bytes_hash((const uint8_t *)page + start, PAGE_BYTES - start, p->seed + page_number);
}

static bool page_sound(const struct pages *p, uint32_t page_number, const struct page *page)
{
	const uint32_t max = page_number < p->blocks.first ? PAGE_HOLDERS : PAGE_BLOCKS;

	return page->n <= max && page->sum == page_sum(p, page_number, page);
}

static struct page *page_in_memory(struct pages *p, uint32_t page_number)
{
	return page_number - p->from < p->count ? &p->memory[page_number - p->from] : NULL;
}

static int page_read(const struct pages *p, uint32_t from, void *into, size_t size)
{
	return pread(p->fd, into, size, (off_t)from * PAGE_BYTES) == (ssize_t)size ? 1 : -1;
}

struct page *page_get(struct pages *p, uint32_t page_number)
{
	const bool of_blocks = page_number >= p->blocks.first;
	struct page *page = page_in_memory(p, page_number), *last = &p->last[of_blocks].page;
	uint32_t *kept = &p->last[of_blocks].number;

	if (page)
		return page;
	if (*kept == page_number && page_number > 0)
		return last;
	*kept = 0;
	if (p->fd < 0 || page_read(p, page_number, last, sizeof *last) < 0 ||
	    !page_sound(p, page_number, last))
		return NULL;
	*kept = page_number;
	return last;
}

int page_put(struct pages *p, uint32_t page_number, struct page *page)
{
	page->sum = page_sum(p, page_number, page);
	if (p->fd < 0 || p->deferred)
		return 1;
	return pwrite(p->fd, page, PAGE_BYTES, (off_t)page_number * PAGE_BYTES) == PAGE_BYTES ? 1
	                                                                                      : -1;
}

int pages_load(struct pages *p, uint32_t from, uint32_t count)
{
	if (p->fd < 0 || (from >= p->from && from + count <= p->from + p->count))
		return 1;
	struct page *memory = malloc((size_t)count * PAGE_BYTES);
	if (!memory)
		return -1;
	free(p->memory);
	p->last[0].number = p->last[1].number = 0; /* the pages may have changed in memory */
	p->memory = memory;
	p->from = from;
	p->count = count;
	bool sound = page_read(p, from, memory, (size_t)count * PAGE_BYTES) > 0;
	for (uint32_t i = 0; sound && i < count; i++)
		sound = page_sound(p, from + i, &memory[i]);
	if (!sound)
		pages_release(p);
	return sound ? 1 : -1;
}

void pages_defer(struct pages *p)
{
	const uint32_t count = p->holders.pages + p->blocks.pages;

	p->deferred = count < PAGES_FEW && pages_load(p, 1, count) > 0;
}

int pages_make(struct pages *p, uint64_t seed, uint32_t holder_pages, uint32_t block_pages)
{
	const struct table holders = { 1, holder_pages, 0 };
	const struct table blocks = { 1 + holder_pages, block_pages, 0 };
	const uint32_t count = 1 + holder_pages + block_pages;
	struct page *memory = calloc(count, PAGE_BYTES);

	if (!memory)
		return -1;
	*p = (struct pages){ .fd = -1,
		             .seed = seed,
		             .holders = holders,
		             .blocks = blocks,
		             .memory = memory,
		             .count = count };
	for (uint32_t i = 1; i < count; i++)
		memory[i].sum = page_sum(p, i, &memory[i]);
	return 1;
}
