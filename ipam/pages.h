/* SPDX-License-Identifier: Apache-2.0 */
/* The index's body: two hash tables in pages of a file, each page with a checksum of its own, so
 * that a question costs one page or two however many there are, and damage is seen when it is met.
 */
#ifndef IPAM_PAGES_H
#define IPAM_PAGES_H

#include "base/address.h"
#include "base/owned.h"
#include "base/span.h"

#include <stdint.h>

enum {
	PAGE_BYTES = 512,
	PAGE_HOLDERS = 20,
	PAGE_BLOCKS = 15,
	BLOCK_BITS = 128, /* addresses a block tells about */
};

struct holder_entry {  /* one address somebody holds */
	uint64_t hash; /* of the holder */
	uint8_t key[16];
};

struct block_entry {     /* which addresses of one block are taken */
	uint8_t key[16]; /* of its first address */
	uint64_t taken[BLOCK_BITS / 64];
};

struct page {
	uint64_t sum;
	uint32_t n;
	uint32_t spilled; /* some entries that hash here went on to the next page */
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

/* Page 0 belongs to the index's owner; then come the holders' pages, then the blocks'. */
struct pages {
	int fd;        /* borrowed; -1: all pages are in memory */
	uint64_t seed; /* of this file's checksums */
	struct table holders;
	struct table blocks;
	struct page *memory; /* owned: pages from..from+count are here too */
	uint32_t from;
	uint32_t count;
	struct page one;     /* the page read last that is not in memory */
	uint32_t one_number; /* 0: none */
};

void pages_release(struct pages *p);

/* Empty tables in memory. -1: no memory. */
int pages_make(struct pages *p, uint64_t seed, uint32_t holder_pages,
               uint32_t block_pages) MUST_CHECK;

/* All pages, with page 0, in bytes. */
size_t pages_size(const struct pages *p);

/* Everything below: 1 yes, 0 no, -1 when a page is damaged, cannot be read or written, or there is
 * no memory. */

/* Loads so many pages into memory, in one read. */
int pages_load(struct pages *p, uint32_t from, uint32_t count) MUST_CHECK;

/* Makes the tables anew, twice as large, in memory, if they are getting crowded. */
int pages_grow(struct pages *p) MUST_CHECK;

int holders_add(struct pages *p, uint64_t hash, const struct ip *ip) MUST_CHECK;
int holders_remove(struct pages *p, uint64_t hash, const struct ip *ip) MUST_CHECK;
int holders_has(struct pages *p, uint64_t hash, const struct ip *ip) MUST_CHECK;

struct holder_visit {
	/* 1: go on; 0 or -1: end with it. The pages are not to be changed by it. */
	int (*visit)(uint64_t hash, const struct ip *ip, void *data);
	void *data;
};
int holders_find(struct pages *p, uint64_t hash, const struct holder_visit *v) MUST_CHECK;
int holders_each(struct pages *p, const struct holder_visit *v) MUST_CHECK;

/* Marks an address as taken, or as free. */
int blocks_set(struct pages *p, const struct ip *ip, bool taken) MUST_CHECK;
/* The lowest address of a span that is not taken. */
int blocks_find_free(struct pages *p, const struct span *span, struct ip *out) MUST_CHECK;

/* For the tables: the page, good until the next call; NULL where pages return -1. */
struct page *page_get(struct pages *p, uint32_t page_number);
int page_put(struct pages *p, uint32_t page_number, struct page *page) MUST_CHECK;

#endif
