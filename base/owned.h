/* SPDX-License-Identifier: Apache-2.0 */
/* Ownership in one word: OWNED(release) variables are released when their scope ends, and a value
 * leaves its scope by a take function. Each type has its own release function beside it. */
#ifndef BASE_OWNED_H
#define BASE_OWNED_H

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#define OWNED(release) __attribute__((cleanup(release)))
#define MUST_CHECK     __attribute__((warn_unused_result))

static inline void fd_release(int *fd)
{
	if (*fd < 0)
		return;
	int saved = errno; /* releasing must not hide the error being returned */
	close(*fd);        /* once: Linux frees the number even on EINTR */
	errno = saved;
	*fd = -1;
}

static inline int fd_take(int *fd)
{
	int taken = *fd;
	*fd = -1;
	return taken;
}

static inline void text_release(char **text)
{
	free(*text);
	*text = NULL;
}

static inline char *text_take(char **text)
{
	char *taken = *text;
	*text = NULL;
	return taken;
}

#endif
