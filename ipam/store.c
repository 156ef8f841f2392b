/* SPDX-License-Identifier: Apache-2.0 */
/* Opening, locking and changing host-local's directory. */
#include "ipam/store.h"

#include "base/bytes.h"
#include "base/errno_text.h"
#include "base/file.h"
#include "ipam/mark.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

void store_release(struct store *s)
{
	fd_release(&s->lock); /* unlocks */
	fd_release(&s->dir);
}

/* Does not follow a link: through a link at the network's place, we would write into a directory of
 * another program. */
static int directory_open(const char *path, bool create)
{
	const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	const int dir = open(path, flags);

	if (dir >= 0 || errno != ENOENT || !create)
		return dir;
	return path_make(path) < 0 ? -1 : open(path, flags);
}

static int see_any(const struct reservation *r, void *data)
{
	bool *any = data;

	(void)r;
	*any = true;
	return -1; /* one reservation is enough */
}

/* Returns whether the store has a reservation to release. A directory without a lock and without
 * reservations may belong to another program, so it stays unchanged. */
static enum found store_used(const struct store *s, struct failure *f)
{
	bool any = false;
	const struct store_visit v = { see_any, &any };

	if (store_each(s, &v, f) < 0 && !any)
		return FOUND_FAILED;
	return any ? FOUND : FOUND_NONE;
}

/* Opens the lock file. Does not follow a link, and does not block on a pipe. Returns FOUND_NONE if
 * the lock is missing and is not needed, FOUND_FAILED with errno. */
static enum found lock_open(struct store *s, enum store_use use, struct failure *f)
{
	const int flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;

	s->lock = openat(s->dir, "lock", flags | (use == STORE_CREATE ? O_CREAT : 0), 0750);
	if (s->lock >= 0)
		return FOUND;
	if (errno != ENOENT || use == STORE_CREATE)
		return FOUND_FAILED;
	if (use == STORE_LOOK)
		return FOUND;
	const enum found used = store_used(s, f);
	if (used != FOUND)
		return used;
	s->lock = openat(s->dir, "lock", flags | O_CREAT, 0750);
	/* A full disk must not stop a release, which makes room. If no lock can be made, no other
	 * call holds one. */
	return s->lock >= 0 || errno == ENOSPC || errno == EDQUOT ? FOUND : FOUND_FAILED;
}

static enum found lock_acquire(struct store *s, enum store_use use, struct failure *f)
{
	const enum found open = lock_open(s, use, f);

	if (open == FOUND_FAILED)
		return fail(f, CNI_IO, errno_text(errno), "open %s/lock", s->path);
	while (s->lock >= 0 && flock(s->lock, LOCK_EX) < 0)
		if (errno != EINTR)
			return fail(f, CNI_IO, errno_text(errno), "lock %s/lock", s->path);
	return open;
}

enum found store_open(struct store *s, const char *data_dir, const char *network,
                      enum store_use use, struct failure *f)
{
	const int n = snprintf(s->path, sizeof s->path, "%s/%s", data_dir, network);

	if (n >= (int)sizeof s->path)
		return fail(f, CNI_CONFIG, "the path is too long", "dataDir %.200s", data_dir);
	s->dir = directory_open(s->path, use == STORE_CREATE);
	if (s->dir < 0 && errno == ENOENT && use != STORE_CREATE)
		return FOUND_NONE;
	if (s->dir < 0)
		return fail(f, CNI_IO, errno_text(errno), "open the reservations in %s", s->path);
	return lock_acquire(s, use, f);
}

/* A reservation without a mark is still valid: see store->unmarked. */
static void reservation_mark(struct store *s, int fd, const char *holder)
{
	if (!s->life)
		return;
	const struct mark mark = mark_of(s->life, holder);
	if (!mark_write(fd, &mark))
		s->unmarked = true;
}

/* For a file system without nameless files. If we crash here, the file counts as empty. */
static int reserve_named(struct store *s, const char *name, const char *holder)
{
	OWNED(fd_release)
	int fd = openat(s->dir, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd < 0)
		return -1;
	reservation_mark(s, fd, holder);
	if (bytes_write(fd, holder, strlen(holder)) == 0)
		return 0;
	const int err = errno;
	unlinkat(s->dir, name, 0);
	errno = err;
	return -1;
}

/* Returns 0, or -1 with errno. */
static int reserve_whole(struct store *s, const char *name, const char *holder, bool durable)
{
	OWNED(fd_release) int fd = openat(s->dir, ".", O_WRONLY | O_TMPFILE | O_CLOEXEC, 0600);

	if (fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR || errno == ENOENT))
		return reserve_named(s, name, holder);
	if (fd < 0 || bytes_write(fd, holder, strlen(holder)) < 0)
		return -1;
	reservation_mark(s, fd, holder);
	if ((durable && fsync(fd) < 0) || file_link(fd, s->dir, name) < 0)
		return -1;
	return durable ? fsync(s->dir) : 0;
}

enum found store_reserve(struct store *s, const struct ip *ip, const char *holder, bool durable,
                         struct failure *f)
{
	char name[IP_TEXT], there[HOLDER_MAX + 1];

	ip_format(ip, name);
	if (reserve_whole(s, name, holder, durable) == 0)
		return FOUND;
	if (errno != EEXIST)
		return fail(f, CNI_IO, errno_text(errno), "reserve %s/%s", s->path, name);
	if (store_read(s, ip, there) != HOLDING_NOBODY)
		return FOUND_NONE;
	if (store_remove(s, ip, f) < 0)
		return FOUND_FAILED;
	if (reserve_whole(s, name, holder, durable) == 0)
		return FOUND;
	return fail(f, CNI_IO, errno_text(errno), "reserve %s/%s", s->path, name);
}

int store_remove(const struct store *s, const struct ip *ip, struct failure *f)
{
	char name[IP_TEXT];

	if (unlinkat(s->dir, ip_format(ip, name), 0) == 0 || errno == ENOENT)
		return 0;
	return fail(f, CNI_IO, errno_text(errno), "release %s/%s", s->path, name);
}
