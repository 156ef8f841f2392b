/* SPDX-License-Identifier: Apache-2.0 */
/* The body of the index: two hash tables in pages of a file. Each page has its own checksum. So a
 * search reads one or two pages at any size of the tables, and finds damage when it reads a
 * page. */
#ifndef IPAM_PAGES_H
#define IPAM_PAGES_H

#include "base/address.h"
#include "base/owned.h"
#include "base/span.h"

#include <stdbool.h>
#include <stdint.h>

enum {
	PAGE_BYTES = 512,
	PAGES_FEW = 8, /* of so many pages, one write is whole or absent: they are on one page of
	                  memory */
	PAGE_HOLDERS = 20,
	PAGE_BLOCKS = 15,
	BLOCK_BITS = 128, /* addresses in one block */
};

struct holder_entry {  /* one address with a holder */
	uint64_t hash; /* the hash of the holder */
	uint8_t key[16];
};

struct block_entry {     /* the taken addresses of one block */
	uint8_t key[16]; /* the first address of the block */
	uint64_t taken[BLOCK_BITS / 64];
};

struct page {
	uint64_t sum;
	uint32_t n;
	uint32_t spilled; /* some entries with the hash of this page are on the next page */
	union {
		struct holder_entry holders[PAGE_HOLDERS];
		struct block_entry blocks[PAGE_BLOCKS];
		uint8_t raw[PAGE_BYTES - 16];
	};
};

struct table { /* numbers of pages are powers of two */
	uint32_t first;
	uint32_t pages;
	uint64_t entries;
};

/* Page 0 belongs to the owner of the index. The pages of the holders follow, then those of the
 * blocks. */
struct pages {
	int fd;        /* borrowed; -1: all pages are in memory, and a new file gets them */
	bool deferred; /* all pages are in memory, and the owner writes them at the end */
	uint64_t seed; /* the seed of this file's checksums */
	struct table holders;
	struct table blocks;
	struct page *memory; /* owned; has pages from..from+count */
	uint32_t from;
	uint32_t count;
	struct {
		struct page page; /* the page read last, if it is not in memory */
		uint32_t number;  /* 0: no page */
	} last[2];                /* of the holders, and of the blocks */
};

void pages_release(struct pages *p);

/* Make empty tables in memory. Returns -1 without memory. */
int pages_make(struct pages *p, uint64_t seed, uint32_t holder_pages,
               uint32_t block_pages) MUST_CHECK;

/* Returns the size of all pages, with page 0, in bytes. */
size_t pages_size(const struct pages *p);

/* The functions below return 1 for yes and 0 for no. They return -1 if a page is damaged, or cannot
 * be read or written, or without memory. */

/* Load so many pages into memory, in one read. */
int pages_load(struct pages *p, uint32_t from, uint32_t count) MUST_CHECK;

/* Load the pages if they are few, and defer what is written. A failure shows at the first use. */
void pages_defer(struct pages *p);

/* Build the tables again in memory, twice as large, if they are too full. */
int pages_grow(struct pages *p) MUST_CHECK;

int holders_add(struct pages *p, uint64_t hash, const struct ip *ip) MUST_CHECK;
int holders_remove(struct pages *p, uint64_t hash, const struct ip *ip) MUST_CHECK;
int holders_has(struct pages *p, uint64_t hash, const struct ip *ip) MUST_CHECK;

struct holder_visit {
	/* 1: continues; 0 or -1: ends the walk with it. Must not change the pages. */
	int (*visit)(uint64_t hash, const struct ip *ip, void *data);
	void *data;
};
int holders_find(struct pages *p, uint64_t hash, const struct holder_visit *v) MUST_CHECK;
int holders_each(struct pages *p, const struct holder_visit *v) MUST_CHECK;

/* Mark an address as taken, or as free. */
int blocks_set(struct pages *p, const struct ip *ip, bool taken) MUST_CHECK;
/* Find the lowest free address of a span. */
int blocks_find_free(struct pages *p, const struct span *span, struct ip *out) MUST_CHECK;

/* Returns a page, for the tables; it is valid until the next call. Returns NULL where the other
 * functions return -1. */
struct page *page_get(struct pages *p, uint32_t page_number);
int page_put(struct pages *p, uint32_t page_number, struct page *page) MUST_CHECK;

#endif
