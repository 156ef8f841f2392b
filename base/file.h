/* SPDX-License-Identifier: Apache-2.0 */
/* Files and directories, for both plugins. A function that fails returns -1 or NULL, with errno. */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include "base/owned.h"

#include <dirent.h>
#include <stddef.h>
#include <sys/types.h>

/* Read a regular file of less than `size` bytes, and end the text with a NUL. Returns the length,
 * or -1 with errno. EINVAL: not a regular file. EFBIG: the file is too long. If fd is -1, errno
 * stays as the failed open set it. */
ssize_t file_text(int fd, char *text, size_t size) MUST_CHECK;

/* Read to the end of a file or stream. Waits if the stream does not block. *text grows as needed,
 * ends with a NUL, and belongs to the caller. After a failure the caller still owns it, with the
 * bytes read until then. Returns 0, or -1 with errno. EFBIG: there were more than `max` bytes. */
int file_read_all(int fd, size_t max, char **text, size_t *length) MUST_CHECK;

/* Write n bytes to a stream. Waits for its reader if the stream does not block. Returns 0, or -1
 * with errno. ENOSPC: the stream accepts no bytes. */
int stream_write(int fd, const char *bytes, size_t n) MUST_CHECK;

/* Read a regular file of at most `max` bytes. Does not follow a link. Returns the text, which the
 * caller owns, or NULL with errno. EBADMSG: the file is longer, or not regular. */
char *file_read(int directory, const char *name, size_t max, size_t *length) MUST_CHECK;

/* Returns what the errno of file_read() means, in words for people. */
const char *file_read_reason(int err);

/* Give a file without a name (O_TMPFILE) a name in a directory. */
int file_link(int fd, int directory, const char *name) MUST_CHECK;

/* Replace a file as a whole, through another name in the same directory. A reader never sees half
 * of the file. Removes a file of that other name that a killed process left. Removes its own new
 * file if it fails. */
int file_replace(int directory, const char *name, const char *fresh, mode_t mode, const void *data,
                 size_t size) MUST_CHECK;

/* Make the path DIRECTORY/NAME, which the caller owns. Returns NULL with errno: ENAMETOOLONG if it
 * is too long for a path. */
char *path_join(const char *directory, const char *name) MUST_CHECK;

/* Make a directory and its parents (0755), as `mkdir -p` does. */
int path_make(const char *path) MUST_CHECK;

/* Open a stream of a directory's entries. Takes the descriptor over, also on failure. Returns NULL
 * with errno on failure. If fd is -1, errno stays as the failed open set it. */
DIR *directory_stream(int fd) MUST_CHECK;

/* Returns the next entry, or NULL: at the end with errno 0, else with the error in errno. */
const struct dirent *entry_next(DIR *stream);

static inline void stream_release(DIR **stream)
{
	if (*stream)
		closedir(*stream);
	*stream = NULL;
}

#endif
