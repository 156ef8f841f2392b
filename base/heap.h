/* SPDX-License-Identifier: Apache-2.0 */
/* The heap of a program that makes one call and ends. musl's own maps a page for the first
 * allocation of most sizes, and unmaps it after the last: for a call of a millisecond that is a
 * tenth of the time. This heap takes blocks from one area, one after the other, and reuses them by
 * size. It gives memory back to the kernel only where a block is large. */
#ifndef BASE_HEAP_H
#define BASE_HEAP_H

#include <stddef.h>
#include <stdint.h>

enum {
	HEAP_ALIGNMENT = 16,
	HEAP_LISTS = 71, /* one for each size; see list_of() */
};

struct heap_block;

/* Zeroed memory is an empty heap, which maps its areas. Its owner may give the first one: zeroed
 * bytes from `at` to `end`, aligned. One thread at a time may use a heap. */
struct heap {
	char *at; /* where the unused rest of the area begins */
	char *end;
	uintptr_t secret;
	struct heap_block *unused[HEAP_LISTS];
};

/* These work as malloc(), calloc(), realloc() and free() do. A block that was released before, or
 * whose head was overwritten, ends the process by abort(). */
void *heap_allocate(struct heap *h, size_t size);
void *heap_allocate_zeroed(struct heap *h, size_t count, size_t size);
void *heap_resize(struct heap *h, void *bytes, size_t size);
void heap_release(struct heap *h, void *bytes);

#endif
