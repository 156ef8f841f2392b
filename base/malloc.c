/* SPDX-License-Identifier: Apache-2.0 */
/* Our heap under the C library's names. The Makefile links it into the programs that make one call
 * and end, where they are static with musl. It belongs to none of the others. */
#include "base/heap.h"

#include <stdlib.h>

enum { FIRST_BYTES = 1 << 16 }; /* most calls take less */

/* A linker puts a common variable behind all others, so that these stay on as few pages as they can
 * be. A page of it takes memory when it is used. */
_Alignas(HEAP_ALIGNMENT) extern char heap_first[];
_Alignas(HEAP_ALIGNMENT) char heap_first[FIRST_BYTES] __attribute__((common));

/* What changes here and is no function's: the C library's functions have no argument for it. */
static struct heap heap = { .at = heap_first, .end = heap_first + FIRST_BYTES };

void *malloc(size_t size)
{
	return heap_allocate(&heap, size);
}

void *calloc(size_t count, size_t size)
{
	return heap_allocate_zeroed(&heap, count, size);
}

void *realloc(void *bytes, size_t size)
{
	return heap_resize(&heap, bytes, size);
}

void free(void *bytes)
{
	heap_release(&heap, bytes);
}
