/* SPDX-License-Identifier: Apache-2.0 */
/* Reading, naming and replacing files, making and listing directories. */
#include "base/file.h"

#include "base/bytes.h"
#include "base/errno_text.h"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { READ_FIRST = 4096 }; /* bytes; larger than a usual network configuration */

ssize_t file_text(int fd, char *text, size_t size)
{
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return -1;
	if (!S_ISREG(st.st_mode) || st.st_size >= (off_t)size) {
		errno = S_ISREG(st.st_mode) ? EFBIG : EINVAL;
		return -1;
	}
	const ssize_t n = read(fd, text, size - 1);
	if (n >= 0)
		text[n] = '\0';
	return n;
}

/* Returns whether a call that failed with errno can be repeated. Waits for a stream that does not
 * block. */
static bool stream_await(int fd, short events)
{
	struct pollfd waiting = { .fd = fd, .events = events };

	return errno == EINTR ||
	       (errno == EAGAIN && (poll(&waiting, 1, -1) >= 0 || errno == EINTR));
}

static ssize_t read_waiting(int fd, char *to, size_t size)
{
	ssize_t n;

	while ((n = read(fd, to, size)) < 0 && stream_await(fd, POLLIN))
		;
	return n;
}

int stream_write(int fd, const char *bytes, size_t n)
{
	while (n > 0) {
		const ssize_t wrote = write(fd, bytes, n);
		if (wrote < 0 && stream_await(fd, POLLOUT))
			continue;
		if (wrote == 0)
			errno = ENOSPC;
		if (wrote <= 0)
			return -1;
		bytes += wrote;
		n -= (size_t)wrote;
	}
	return 0;
}

int file_read_all(int fd, size_t max, char **text, size_t *length)
{
	size_t size = 0;

	for (*text = NULL, *length = 0;;) {
		if (size - *length < 2) { /* room for one byte and the NUL */
			char *grown = realloc(*text, size ? size * 2 : READ_FIRST);
			if (!grown)
				return -1;
			size = size ? size * 2 : READ_FIRST;
			*text = grown;
		}
		const size_t room = size - *length - 1, wanted = max + 1 - *length;
		const ssize_t n = read_waiting(fd, *text + *length, room < wanted ? room : wanted);
		*length += n > 0 ? (size_t)n : 0;
		(*text)[*length] = '\0';
		if (n <= 0)
			return n < 0 ? -1 : 0;
		if (*length > max) {
			errno = EFBIG;
			return -1;
		}
	}
}

char *file_read(int directory, const char *name, size_t max, size_t *length)
{
	/* O_NONBLOCK, because the file may be a pipe without a writer. */
	OWNED(fd_release)
	int fd = openat(directory, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return NULL;
	if (!S_ISREG(st.st_mode) || (size_t)st.st_size > max) {
		errno = EBADMSG;
		return NULL;
	}
	OWNED(text_release) char *text = malloc((size_t)st.st_size + 1);
	if (!text)
		return NULL;
	const ssize_t n = read(fd, text, (size_t)st.st_size);
	if (n < 0)
		return NULL;
	text[n] = '\0';
	*length = (size_t)n;
	return text_take(&text);
}

const char *file_read_reason(int err)
{
	return err == EBADMSG ? "it is not a regular file, or too large"
	       : err == ELOOP ? "it is a symbolic link"
	                      : errno_text(err);
}

int file_link(int fd, int directory, const char *name)
{
	char self[32];

	/* This names the file by its descriptor alone. Kernels before 6.10 refuse that with ENOENT
	 * without CAP_DAC_READ_SEARCH. */
	if (linkat(fd, "", directory, name, AT_EMPTY_PATH) == 0)
		return 0;
	if (errno != ENOENT)
		return -1;
	snprintf(self, sizeof self, "/proc/self/fd/%d", fd);
	return linkat(AT_FDCWD, self, directory, name, AT_SYMLINK_FOLLOW);
}

/* Makes an empty file. Replaces a file of that name, which a killed process or another program
 * left. */
static int file_make(int directory, const char *name, mode_t mode)
{
	const int flags = O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC;
	const int fd = openat(directory, name, flags, mode);

	if (fd >= 0 || errno != EEXIST || unlinkat(directory, name, 0) < 0)
		return fd;
	return openat(directory, name, flags, mode);
}

int file_replace(int directory, const char *name, const char *fresh, mode_t mode, const void *data,
                 size_t size)
{
	OWNED(fd_release) int fd = file_make(directory, fresh, mode);

	if (fd < 0)
		return -1;
	if (bytes_write(fd, data, size) == 0 && renameat(directory, fresh, directory, name) == 0)
		return 0;
	const int err = errno;
	unlinkat(directory, fresh, 0);
	errno = err;
	return -1;
}

char *path_join(const char *directory, const char *name)
{
	const size_t before = strlen(directory), after = strlen(name);

	if (before + after + 2 > PATH_MAX) {
		errno = ENAMETOOLONG;
		return NULL;
	}
	char *path = malloc(before + after + 2);
	if (!path)
		return NULL;
	memcpy(path, directory, before);
	path[before] = '/';
	memcpy(path + before + 1, name, after + 1);
	return path;
}

int path_make(const char *path)
{
	char parent[PATH_MAX];

	if (snprintf(parent, sizeof parent, "%s", path) >= (int)sizeof parent) {
		errno = ENAMETOOLONG;
		return -1;
	}
	for (char *slash = strchr(parent + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(parent, 0755) < 0 && errno != EEXIST)
			return -1;
		*slash = '/';
	}
	return mkdir(parent, 0755) < 0 && errno != EEXIST ? -1 : 0;
}

DIR *directory_stream(int fd)
{
	DIR *stream = fd < 0 ? NULL : fdopendir(fd);

	if (!stream)
		fd_release(&fd);
	return stream;
}

const struct dirent *entry_next(DIR *stream)
{
	errno = 0;
	return readdir(stream);
}
