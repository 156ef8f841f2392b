/* SPDX-License-Identifier: Apache-2.0 */
/* Ownership in one word. The compiler releases an OWNED(release) variable when its scope ends. A
 * take function moves a value out of its scope. Each type has its own release function. */
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
	int saved = errno; /* the release must not hide the error that the caller returns */
	close(*fd);        /* close only once: Linux frees the number even on EINTR */
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

/* Keeps the frame of a function that is seldom reached out of its caller's: each page of the stack
 * that a call touches costs as much as ten system calls that do nothing. */
#define APART __attribute__((noinline))

#endif
