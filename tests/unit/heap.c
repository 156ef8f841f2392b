/* SPDX-License-Identifier: Apache-2.0 */
/* The heap of a program that makes one call. */
#include "base/heap.h"
#include "tests/unit/unit.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { BLOCKS = 400 };

/* Sizes around every bound: of the lists, of an area, and of what is mapped. */
static size_t size_of(size_t i)
{
	static const size_t sizes[] = { 0,    1,    15,   16,    17,    100,   1008,  1023,
		                        1024, 1025, 2048, 32768, 65535, 65536, 65537, 200000 };

	return sizes[i % COUNT_OF(sizes)];
}

static bool is_filled(const char *bytes, size_t size, char with)
{
	for (size_t i = 0; i < size; i++)
		if (bytes[i] != with)
			return false;
	return true;
}

static void blocks_are_aligned_and_apart(struct verdict *v)
{
	static struct heap heap;
	char *blocks[BLOCKS];

	for (size_t i = 0; i < BLOCKS; i++) {
		blocks[i] = heap_allocate(&heap, size_of(i));
		expect(v, (uintptr_t)blocks[i] % HEAP_ALIGNMENT == 0, "block %zu is not aligned",
		       i);
		memset(blocks[i], (int)i, size_of(i));
	}
	for (size_t i = 0; i < BLOCKS; i++) {
		expect(v, is_filled(blocks[i], size_of(i), (char)i), "block %zu was changed", i);
		heap_release(&heap, blocks[i]);
	}
}

static void a_released_block_is_used_again(struct verdict *v)
{
	static struct heap heap;

	for (size_t i = 0; i < 16; i++) {
		if (size_of(i) > 65536)
			continue;
		void *first = heap_allocate(&heap, size_of(i));
		heap_release(&heap, first);
		void *second = heap_allocate(&heap, size_of(i));
		expect(v, first == second, "%zu bytes are at another place", size_of(i));
		heap_release(&heap, second);
	}
}

static void zeroed_blocks_are_zero_when_used_again(struct verdict *v)
{
	static struct heap heap;

	for (size_t i = 0; i < 16; i++) {
		char *dirty = heap_allocate(&heap, size_of(i));
		memset(dirty, 1, size_of(i));
		heap_release(&heap, dirty);
		char *clean = heap_allocate_zeroed(&heap, 1, size_of(i));
		expect(v, is_filled(clean, size_of(i), 0), "%zu bytes", size_of(i));
		heap_release(&heap, clean);
	}
}

static void a_resized_block_keeps_its_bytes(struct verdict *v)
{
	static struct heap heap;
	char *block = heap_resize(&heap, NULL, 1);

	*block = 7;
	for (size_t size = 2; size < 1 << 20; size *= 2) {
		block = heap_resize(&heap, block, size);
		expect(v, is_filled(block, size / 2, 7), "%zu bytes", size);
		memset(block, 7, size);
	}
	block = heap_resize(&heap, block, 10);
	expect(v, is_filled(block, 10, 7), "fewer bytes");
	heap_release(&heap, block);
}

static void impossible_sizes_are_refused(struct verdict *v)
{
	static struct heap heap;
	char *mapped = heap_allocate(&heap, 100000);

	expect(v, !heap_allocate(&heap, SIZE_MAX), "all bytes");
	expect(v, !heap_allocate(&heap, PTRDIFF_MAX), "half of all bytes");
	expect(v, !heap_allocate_zeroed(&heap, SIZE_MAX / 2, 4), "a product that overflows");
	expect(v, !heap_resize(&heap, mapped, SIZE_MAX - 8), "a resized block");
	heap_release(&heap, mapped);
	heap_release(&heap, NULL);
}

static void release_twice(struct heap *h)
{
	void *block = heap_allocate(h, 10);

	heap_release(h, block);
	heap_release(h, block);
}

static void release_after_overrun(struct heap *h)
{
	char *first = heap_allocate(h, 16), *second = heap_allocate(h, 16);

	memset(first, 'A', (size_t)(second - first));
	heap_release(h, second);
}

static void take_after_overrun(struct heap *h)
{
	char *first = heap_allocate(h, 16), *second = heap_allocate(h, 16);

	heap_release(h, second);
	memset(first, 'A', (size_t)(second - first));
	heap_release(h, heap_allocate(h, 16));
}

static void misuse_ends_the_process(struct verdict *v)
{
	static void (*const misuses[])(struct heap *) = { release_twice, release_after_overrun,
		                                          take_after_overrun };
	static struct heap heap;

	for (size_t i = 0; i < COUNT_OF(misuses); i++) {
		int status = 0;
		const pid_t child = fork();
		if (child == 0) {
			misuses[i](&heap);
			_exit(0);
		}
		waitpid(child, &status, 0);
		expect(v, WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT, "misuse %zu", i);
	}
}

int main(void)
{
	static const struct unit units[] = {
		UNIT(blocks_are_aligned_and_apart),           UNIT(a_released_block_is_used_again),
		UNIT(zeroed_blocks_are_zero_when_used_again), UNIT(a_resized_block_keeps_its_bytes),
		UNIT(impossible_sizes_are_refused),           UNIT(misuse_ends_the_process),
	};
	return units_run(units, COUNT_OF(units));
}
