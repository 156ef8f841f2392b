/* SPDX-License-Identifier: Apache-2.0 */
/* Opening podtap's directories without following links that another user may have placed. */
#include "record/state.h"

#include "base/errno_text.h"
#include "base/file.h"
#include "base/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>

enum { TRIES = 16 }; /* other calls may remove the directory each time */

static const char *setting(const char *variable, const char *otherwise)
{
	const char *value = getenv(variable);
	return value && *value ? value : otherwise;
}

const char *state_path(void)
{
	return setting("PODTAP_STATE_DIR", "/run/podtap");
}

const char *device_path(void)
{
	return setting("PODTAP_DEV_DIR", "/dev");
}

const char *cdi_path(void)
{
	return setting("PODTAP_CDI_DIR", "/var/run/cdi");
}

int device_open(struct failure *f)
{
	int fd = openat(AT_FDCWD, device_path(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return fail_errno(f, errno, "open the device directory %s", device_path());
	return fd;
}

int state_open_below(int directory, const char *name, bool make, struct failure *f)
{
	const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	int fd, tries = 0;

	/* Another call may remove the empty directory right after we made it. */
	do {
		if (make && mkdirat(directory, name, 0755) < 0 && errno != EEXIST)
			return fail(f, CNI_IO, errno_text(errno), "make the state directory %s",
			            name);
		fd = openat(directory, name, flags);
	} while (fd < 0 && errno == ENOENT && make && ++tries < TRIES);
	if (fd < 0 && (errno != ENOENT || make)) {
		int err = errno;
		fail(f, CNI_IO, errno_text(err), "open the state directory %s", name);
		errno = err;
	}
	return fd;
}

int directory_make(const char *path, struct failure *f)
{
	if (path_make(path) < 0)
		return fail(f, CNI_IO, errno_text(errno), "make the directory %s", path);
	return 0;
}

int state_open(const char *name, bool make, struct failure *f)
{
	const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	OWNED(text_release) char *path = path_join(state_path(), name);

	if (!path)
		return fail(f, CNI_IO, errno_text(errno), "open the state directory %s", name);
	int fd = openat(AT_FDCWD, path, flags);
	if (fd < 0 && errno == ENOENT && make) {
		if (directory_make(path, f) < 0)
			return -1;
		fd = openat(AT_FDCWD, path, flags);
	}
	if (fd < 0 && (errno != ENOENT || make)) {
		int err = errno;
		fail(f, CNI_IO, errno_text(err), "open the state directory %s", path);
		errno = err;
	}
	return fd;
}

int state_lock_open(bool make, struct failure *f)
{
	/* O_RDWR, because an exclusive lock of bytes needs it. */
	const int flags = O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
	OWNED(text_release) char *path = path_join(state_path(), "lock");
	struct failure refusal;

	failure_clear(&refusal);
	int fd = path ? openat(AT_FDCWD, path, flags, 0600) : -1;
	if (fd < 0 && path && errno == ENOENT && make &&
	    directory_make(state_path(), &refusal) == 0)
		fd = openat(AT_FDCWD, path, flags, 0600);
	if (fd >= 0 || (errno == ENOENT && !make))
		return fd;
	const int err = errno;
	fail(f, CNI_IO, errno_text(err), "open %s/lock", state_path());
	errno = err;
	return -1;
}

int state_lock(struct failure *f)
{
	OWNED(fd_release) int fd = state_lock_open(true, f);

	return fd < 0 || state_lock_by(fd, f) < 0 ? -1 : fd_take(&fd);
}

int state_lock_by(int fd, struct failure *f)
{
	return lock_file(fd, state_path(), LOCK_WAIT_S, f);
}

/* A failure is harmless, because the lock ends with the call. */
void state_unlock(int fd)
{
	const int saved = errno;

	if (flock(fd, LOCK_UN) < 0)
		errno = saved;
}
