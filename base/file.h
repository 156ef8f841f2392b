/* SPDX-License-Identifier: Apache-2.0 */
/* Files and directories, for both plugins. What fails here does so with -1 or NULL, and errno. */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include "base/owned.h"

#include <dirent.h>
#include <stddef.h>
#include <sys/types.h>

/* Reads a regular file of less than `size` bytes, and ends it with a NUL. EINVAL: it is something
 * else; EFBIG: it is longer. A descriptor of -1 fails as whatever did not open it. */
ssize_t file_text(int fd, char *text, size_t size) MUST_CHECK;

/* Read to the end of a file or stream, and wait where it does not block. *text grows as needed,
 * ends with a NUL, and belongs to the caller, also after a failure: it then has what was read
 * before. Returns 0, or -1 with errno: EFBIG if more than `max` bytes came. */
int file_read_all(int fd, size_t max, char **text, size_t *length) MUST_CHECK;

/* Read a regular file of `max` bytes at most. A link is not followed. Returns its text, which the
 * caller owns, or NULL with errno: EBADMSG if the file is longer, or not regular. */
char *file_read(int directory, const char *name, size_t max, size_t *length) MUST_CHECK;

/* Gives a file made without a name (O_TMPFILE) one in a directory. */
int file_link(int fd, int directory, const char *name) MUST_CHECK;

/* Replaces a file as a whole, by way of another name in the same directory: there is never half of
 * it. What a kill left of that name goes, and so does what this makes of it where it fails. */
int file_replace(int directory, const char *name, const char *fresh, mode_t mode, const void *data,
                 size_t size) MUST_CHECK;

/* Makes a directory and its parents (0755), as `mkdir -p` does. */
int path_make(const char *path) MUST_CHECK;

/* A stream of a directory's entries, which takes the descriptor over, also where it fails; of -1 it
 * fails as whatever did not open it. */
DIR *directory_stream(int fd) MUST_CHECK;

/* The next entry; NULL at the end with errno 0, or with the error. */
const struct dirent *entry_next(DIR *stream);

static inline void stream_release(DIR **stream)
{
	if (*stream)
		closedir(*stream);
	*stream = NULL;
}

#endif
