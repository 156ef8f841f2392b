/* SPDX-License-Identifier: Apache-2.0 */
/* Writing all of something. */
#ifndef BASE_BYTES_H
#define BASE_BYTES_H

#include "base/owned.h"

/* Writes n bytes to a descriptor, in as many pieces as it takes them. -1 with errno, ENOSPC where
 * it takes none; how much was written by then is not known. */
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
