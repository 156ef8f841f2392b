/* SPDX-License-Identifier: Apache-2.0 */
/* Random bytes from the kernel. */
#ifndef BASE_RANDOM_H
#define BASE_RANDOM_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Fill `size` bytes (at most 256) by the system call: newer libcs map memory for a generator of
 * their own, which costs a process that draws once or twice more than it saves. Returns whether all
 * are drawn; if not, errno is set. */
static inline bool random_draw(void *bytes, size_t size)
{
	return syscall(SYS_getrandom, bytes, size, 0) == (long)size;
}

#endif
