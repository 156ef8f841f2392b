/* SPDX-License-Identifier: Apache-2.0 */
/* Preloaded into podtap: decides what its first draws of an interface index are.
 *
 * DRAWS: the indices, separated by spaces. What is drawn after them, and anything but an index (a
 * number of four bytes), is the kernel's.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { FIRST = 0x100000 }; /* the index that a draw of 0 means */

/* The n-th number of a text, or 0. */
static unsigned long number_at(const char *text, unsigned n)
{
	unsigned long number = 0;
	for (unsigned i = 0; i <= n; i++) {
		char *end;
		number = strtoul(text, &end, 10);
		if (end == text)
			return 0;
		text = end;
	}
	return number;
}

ssize_t getrandom(void *buffer, size_t size, unsigned flags)
{
	static unsigned drawn; /* by this process */
	const char *draws = getenv("DRAWS");
	unsigned long index = size == sizeof(uint32_t) && draws ? number_at(draws, drawn++) : 0;

	if (index < FIRST)
		return syscall(SYS_getrandom, buffer, size, flags);
	const uint32_t draw = (uint32_t)(index - FIRST);
	memcpy(buffer, &draw, sizeof draw);
	return sizeof draw;
}
