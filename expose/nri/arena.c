/* SPDX-License-Identifier: Apache-2.0 */
/* Allocating from one mapping. */
#include "expose/nri/arena.h"

#include <stddef.h>
#include <sys/mman.h>

static void *arena_allocate(void *data, size_t size)
{
	struct arena *a = data;
	const size_t unit = _Alignof(max_align_t);

	if (size > ARENA_MAX - unit || a->used > ARENA_MAX - unit - size)
		return NULL;
	void *taken = a->base + a->used;
	a->used += (size + unit - 1) / unit * unit;
	return taken;
}

static void arena_keep(void *data, void *pointer)
{
	(void)data;
	(void)pointer;
}

int arena_open(struct arena *a, struct failure *f)
{
	void *base = mmap(NULL, ARENA_MAX, PROT_READ | PROT_WRITE,
	                  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	*a = (struct arena){ .allocator = { arena_allocate, arena_keep, a } };
	if (base == MAP_FAILED)
		return fail_errno(f, errno, "reserve memory for a message");
	a->base = base;
	return 0;
}

void arena_release(struct arena *a)
{
	if (a->base)
		munmap(a->base, ARENA_MAX);
	a->base = NULL;
}
