/* SPDX-License-Identifier: Apache-2.0 */
/* Writing a buffer completely. */
#ifndef BASE_BYTES_H
#define BASE_BYTES_H

#include "base/owned.h"

/* Write n bytes to a descriptor, in as many pieces as it accepts. Returns 0, or -1 with errno.
 * ENOSPC: the descriptor accepts no bytes. After a failure the number of bytes written is
 * unknown. */
static inline int bytes_write(int fd, const void *bytes, size_t n)
{
	const char *at = bytes;

	while (n > 0) {
		const ssize_t wrote = write(fd, at, n);
		if (wrote < 0 && errno == EINTR)
			continue;
		if (wrote == 0)
			errno = ENOSPC;
		if (wrote <= 0)
			return -1;
		at += wrote;
		n -= (size_t)wrote;
	}
	return 0;
}

#endif
