/* SPDX-License-Identifier: Apache-2.0 */
/* Asking the kernel whether a directory can be made. */
#include "ipam/place.h"
#include "base/errno_text.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#ifndef FUSE_SUPER_MAGIC
#define FUSE_SUPER_MAGIC 0x65735546
#endif

/* Removes the last component. Returns false with errno if the path cannot be made. */
static bool parent_of(char *path)
{
	char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;

	if (strlen(name) > NAME_MAX) {
		errno = ENAMETOOLONG;
		return false;
	}
	if (slash)
		slash[slash == path] = '\0';
	else
		memcpy(path, ".", 2);
	return true;
}

/* Shortens a path to its existing part. Returns -1 with errno on failure. */
static int existing_find(char *path)
{
	struct stat st;

	while (lstat(path, &st) < 0)
		if ((errno != ENOENT && errno != ENOTDIR) || !parent_of(path))
			return -1;
	return 0;
}

/* Returns whether the file system is procfs, sysfs, cgroups or similar: it has no size and no
 * nameless files. A file system in user space may lack both and still hold files. Huge pages hold
 * files that cannot be written. */
static bool is_pseudo(const char *path)
{
	struct statfs fs;

	if (statfs(path, &fs) < 0 || fs.f_type == FUSE_SUPER_MAGIC)
		return false;
	if (fs.f_type == HUGETLBFS_MAGIC)
		return true;
	if (fs.f_blocks > 0)
		return false;
	OWNED(fd_release) int fd = openat(AT_FDCWD, path, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	return fd < 0 && errno == EOPNOTSUPP;
}

/* Returns 0, or an errno as the reason. */
static int directory_check(const char *path)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return errno;
	return S_ISDIR(st.st_mode) ? 0 : ENOTDIR;
}

/* The directory is opened without following a link, and its lock must be a file. */
static int network_directory_check(const char *path, const char *name)
{
	const int flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
	struct stat st;
	OWNED(fd_release) int dir = openat(AT_FDCWD, path, flags | O_DIRECTORY);

	if (dir < 0)
		return errno;
	if (!name)
		return 0;
	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : errno;
	OWNED(fd_release) int lock = openat(dir, name, flags | O_CREAT, 0750);
	return lock < 0 ? errno : 0;
}

int place_check(const char *what, const char *path, const char *lock, struct failure *f)
{
	char there[PATH_MAX];
	int err = ENAMETOOLONG;

	if (snprintf(there, sizeof there, "%s", path) >= (int)sizeof there)
		return fail(f, CNI_UNAVAILABLE, errno_text(err), "cannot write %s in %.200s...",
		            what, path);
	err = existing_find(there) < 0 ? errno : directory_check(there);
	if (err == 0 && is_pseudo(there))
		return fail(f, CNI_UNAVAILABLE,
		            "the file system of the kernel there holds no such files",
		            "cannot write %s in %s: %s", what, path, there);
	if (err == 0 && faccessat(AT_FDCWD, there, W_OK | X_OK, AT_EACCESS) < 0)
		err = errno;
	if (err == 0 && strcmp(there, path) == 0)
		err = network_directory_check(path, lock);
	if (err == 0)
		return 0;
	return fail(f, CNI_UNAVAILABLE, errno_text(err), "cannot write %s in %s: %s", what, path,
	            there);
}
