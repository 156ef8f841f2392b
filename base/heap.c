/* SPDX-License-Identifier: Apache-2.0 */
/* Taking blocks from an area, and reusing them by size. */
#include "base/heap.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>

enum {
	SMALL_MAX = 1024,     /* bytes; up to it, each multiple of the alignment has a list */
	LISTED_MAX = 1 << 16, /* up to it, each power of two has one; a larger block is mapped */
	AREA_BYTES = 1 << 20, /* of each area after the first */
	SECRET_AT = 8,        /* of the kernel's random bytes, the first are the stack's */
};
_Static_assert(HEAP_LISTS == SMALL_MAX / HEAP_ALIGNMENT + 1 + 6,
               "2048 to 65536 are six powers of two");

/* The head of a block. The seal proves it: it follows from the address, a secret, and whether the
 * block is in use. */
struct heap_block {
	size_t size; /* of `bytes` */
	uintptr_t seal;
	_Alignas(HEAP_ALIGNMENT) char bytes[];
};

static uintptr_t seal_of(const struct heap *h, const struct heap_block *b, bool used)
{
	return ((uintptr_t)b ^ h->secret) + used;
}

static struct heap_block *block_of(const struct heap *h, void *bytes)
{
	struct heap_block *b = (struct heap_block *)((char *)bytes - sizeof *b);

	if (b->seal != seal_of(h, b, true))
		abort();
	return b;
}

/* Round the size up to that of a list. Returns the list, or HEAP_LISTS for a size beyond them. */
static unsigned list_of(size_t *size)
{
	if (*size <= SMALL_MAX) {
		*size = (*size + HEAP_ALIGNMENT - 1) / HEAP_ALIGNMENT * HEAP_ALIGNMENT;
		*size += *size ? 0 : HEAP_ALIGNMENT;
		return (unsigned)(*size / HEAP_ALIGNMENT);
	}
	unsigned list = SMALL_MAX / HEAP_ALIGNMENT + 1;
	for (size_t power = 2 * SMALL_MAX; power <= LISTED_MAX; power *= 2, list++)
		if (*size <= power) {
			*size = power;
			return list;
		}
	return HEAP_LISTS;
}

static void *map(size_t size)
{
	void *mapped = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return mapped == MAP_FAILED ? NULL : mapped;
}

/* The bytes to map for a large block: a multiple, so that one that grows by little is seldom mapped
 * anew. Returns 0 for an impossible size. */
static size_t large_bytes(size_t size)
{
	const size_t step = LISTED_MAX;

	return size < PTRDIFF_MAX - 2 * step
	               ? (sizeof(struct heap_block) + size + step - 1) / step * step
	               : 0;
}

static struct heap_block *block_map(size_t *size)
{
	const size_t bytes = large_bytes(*size);

	*size = bytes - sizeof(struct heap_block);
	return bytes ? map(bytes) : NULL;
}

static void secret_choose(struct heap *h)
{
	const char *random = (const char *)getauxval(AT_RANDOM); /* 16 bytes */

	memcpy(&h->secret, random + SECRET_AT, sizeof h->secret);
	h->secret |= 1; /* 0: not chosen yet */
}

/* Take a new block, whose bytes are zero. */
static struct heap_block *block_cut(struct heap *h, size_t size)
{
	struct heap_block *b;

	if ((size_t)(h->end - h->at) < sizeof *b + size) {
		char *area = map(AREA_BYTES);
		if (!area)
			return NULL;
		h->at = area;
		h->end = area + AREA_BYTES;
	}
	b = (struct heap_block *)(void *)h->at;
	h->at += sizeof *b + size;
	return b;
}

/* Returns NULL with errno. *fresh: the bytes are zero. */
static struct heap_block *block_take(struct heap *h, size_t size, bool *fresh)
{
	const unsigned list = list_of(&size);
	struct heap_block *b = list < HEAP_LISTS ? h->unused[list] : NULL;

	if (!h->secret)
		secret_choose(h);
	*fresh = !b;
	if (b) {
		if (b->seal != seal_of(h, b, false))
			abort();
		memcpy(&h->unused[list], b->bytes, sizeof h->unused[list]);
	} else {
		b = list < HEAP_LISTS ? block_cut(h, size) : block_map(&size);
	}
	if (!b) {
		errno = ENOMEM;
		return NULL;
	}
	b->size = size;
	b->seal = seal_of(h, b, true);
	return b;
}

void *heap_allocate(struct heap *h, size_t size)
{
	bool fresh;
	struct heap_block *b = block_take(h, size, &fresh);

	return b ? b->bytes : NULL;
}

void *heap_allocate_zeroed(struct heap *h, size_t count, size_t size)
{
	size_t bytes;
	bool fresh;

	if (__builtin_mul_overflow(count, size, &bytes)) {
		errno = ENOMEM;
		return NULL;
	}
	struct heap_block *b = block_take(h, bytes, &fresh);
	if (b && !fresh)
		memset(b->bytes, 0, b->size);
	return b ? b->bytes : NULL;
}

void heap_release(struct heap *h, void *bytes)
{
	if (!bytes)
		return;
	struct heap_block *b = block_of(h, bytes);
	size_t size = b->size;
	const unsigned list = list_of(&size);
	b->seal = seal_of(h, b, false);
	if (list == HEAP_LISTS) {
		const int err = errno;
		munmap(b, sizeof *b + b->size);
		errno = err;
		return;
	}
	memcpy(b->bytes, &h->unused[list], sizeof h->unused[list]);
	h->unused[list] = b;
}

/* Enlarge a block that is mapped, without a copy of it. */
static void *block_remap(const struct heap *h, struct heap_block *b, size_t size)
{
	const size_t former = sizeof *b + b->size, bytes = large_bytes(size);

	if (!bytes) {
		errno = ENOMEM;
		return NULL;
	}
	b = mremap(b, former, bytes, MREMAP_MAYMOVE);
	if (b == MAP_FAILED)
		return NULL;
	b->size = bytes - sizeof *b;
	b->seal = seal_of(h, b, true);
	return b->bytes;
}

void *heap_resize(struct heap *h, void *bytes, size_t size)
{
	if (!bytes)
		return heap_allocate(h, size);
	struct heap_block *b = block_of(h, bytes);
	if (size <= b->size)
		return bytes;
	if (b->size > LISTED_MAX)
		return block_remap(h, b, size);
	void *moved = heap_allocate(h, size);
	if (!moved)
		return NULL;
	memcpy(moved, bytes, b->size);
	heap_release(h, bytes);
	return moved;
}
