/* SPDX-License-Identifier: Apache-2.0 */
/* Reading and naming files, making and listing directories. */
#include "ipam/file.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

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

int file_link(int fd, int directory, const char *name)
{
	char self[32];

	/* By the descriptor alone; ENOENT is what kernels before 6.10 say to that without
	 * CAP_DAC_READ_SEARCH. */
	if (linkat(fd, "", directory, name, AT_EMPTY_PATH) == 0)
		return 0;
	if (errno != ENOENT)
		return -1;
	snprintf(self, sizeof self, "/proc/self/fd/%d", fd);
	return linkat(AT_FDCWD, self, directory, name, AT_SYMLINK_FOLLOW);
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
