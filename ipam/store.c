/* SPDX-License-Identifier: Apache-2.0 */
/* Opening, locking and changing host-local's directory. */
#include "ipam/store.h"

#include "base/bytes.h"
#include "base/errno_text.h"
#include "base/file.h"
#include "base/lock.h"
#include "ipam/mark.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

void store_release(struct store *s)
{
	fd_release(&s->lock); /* unlocks */
	for (size_t i = 0; i < PREPARED_MAX; i++)
		fd_release(&s->prepared[i].fd);
	fd_release(&s->last.fd);
	fd_release(&s->dir);
	text_release(&s->path);
}

/* Does not follow a link: through a link at the network's place, we would write into a directory of
 * another program. */
static int directory_open(const char *path, bool create)
{
	const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	const int dir = openat(AT_FDCWD, path, flags);

	if (dir >= 0 || errno != ENOENT || !create)
		return dir;
	return path_make(path) < 0 ? -1 : openat(AT_FDCWD, path, flags);
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
static enum found lock_open(struct store *s, struct failure *f)
{
	const enum store_use use = s->use;
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

enum found store_lock(struct store *s, struct failure *f)
{
	const enum found open = lock_open(s, f);

	if (open == FOUND_FAILED)
		return fail(f, CNI_IO, errno_text(errno), "open %s/lock", s->path);
	return s->lock >= 0 && lock_file(s->lock, s->path, LOCK_WAIT_S, f) < 0 ? FOUND_FAILED
	                                                                       : open;
}

enum found store_open(struct store *s, const char *data_dir, const char *network,
                      enum store_use use, struct failure *f)
{
	s->use = use;
	s->path = path_join(data_dir, network);
	if (!s->path)
		return fail(f, errno == ENOMEM ? CNI_OTHER : CNI_CONFIG,
		            errno == ENOMEM ? "out of memory" : "the path is too long",
		            "dataDir %.200s", data_dir);
	s->dir = directory_open(s->path, use == STORE_CREATE);
	if (s->dir < 0 && errno == ENOENT && use != STORE_CREATE)
		return FOUND_NONE;
	if (s->dir < 0)
		return fail(f, CNI_IO, errno_text(errno), "open the reservations in %s", s->path);
	return FOUND;
}

/* A reservation without a mark is still valid: see store->unmarked. */
static void reservation_mark(struct store *s, int fd, const struct mark *mark)
{
	if (s->life && !mark_write(fd, mark))
		s->unmarked = true;
}

/* For a file system without nameless files. If we crash here, the file counts as empty. */
static int reserve_named(struct store *s, const char *name, const char *holder,
                         const struct mark *mark)
{
	OWNED(fd_release)
	int fd = openat(s->dir, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd < 0)
		return -1;
	reservation_mark(s, fd, mark);
	if (bytes_write(fd, holder, strlen(holder)) == 0)
		return 0;
	const int err = errno;
	unlinkat(s->dir, name, 0);
	errno = err;
	return -1;
}

/* Make a file without a name. Returns 0, or -1 with errno. */
static int prepare(struct store *s, struct prepared *p, const char *holder, const struct mark *mark,
                   bool durable)
{
	OWNED(fd_release) int fd = openat(s->dir, ".", O_WRONLY | O_TMPFILE | O_CLOEXEC, 0600);

	if (fd < 0 || bytes_write(fd, holder, strlen(holder)) < 0)
		return -1;
	reservation_mark(s, fd, mark);
	if (durable && fsync(fd) < 0)
		return -1;
	p->mark = *mark;
	p->fd = fd_take(&fd);
	return 0;
}

static struct mark mark_for(const struct store *s, const char *holder)
{
	return s->life ? mark_of(s->life, holder) : (struct mark){ 0 };
}

void store_prepare(struct store *s, const char *holder, size_t n, bool durable)
{
	const struct mark mark = mark_for(s, holder);

	for (size_t i = 0; i < n && i < PREPARED_MAX; i++)
		if (prepare(s, &s->prepared[i], holder, &mark, durable) < 0)
			break;
}

static struct prepared *prepared_find(struct store *s)
{
	for (size_t i = 0; i < PREPARED_MAX; i++)
		if (s->prepared[i].fd >= 0 && !s->prepared[i].named)
			return &s->prepared[i];
	return NULL;
}

/* Returns 0, or -1 with errno. */
static int prepared_name(struct store *s, struct prepared *p, const struct mark *mark,
                         const char *name)
{
	/* The life may have become known since. */
	if (memcmp(&p->mark, mark, sizeof *mark) != 0)
		reservation_mark(s, p->fd, mark);
	p->mark = *mark;
	p->named = file_link(p->fd, s->dir, name) == 0;
	return p->named ? 0 : -1;
}

/* Returns 0, or -1 with errno. */
static int reserve_whole(struct store *s, const char *name, const char *holder, bool durable)
{
	const struct mark mark = mark_for(s, holder);
	struct prepared *ready = prepared_find(s), fresh = { .fd = -1 };

	if (ready)
		return prepared_name(s, ready, &mark, name);
	if (prepare(s, &fresh, holder, &mark, durable) < 0)
		return errno == EOPNOTSUPP || errno == EISDIR || errno == ENOENT
		               ? reserve_named(s, name, holder, &mark)
		               : -1;
	OWNED(fd_release) int fd = fresh.fd;
	return file_link(fd, s->dir, name);
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

int store_sync(const struct store *s, struct failure *f)
{
	return fsync(s->dir) == 0 ? 0 : fail(f, CNI_IO, errno_text(errno), "write %s", s->path);
}

int store_remove(const struct store *s, const struct ip *ip, struct failure *f)
{
	char name[IP_TEXT];

	if (unlinkat(s->dir, ip_format(ip, name), 0) == 0 || errno == ENOENT)
		return 0;
	return fail(f, CNI_IO, errno_text(errno), "release %s/%s", s->path, name);
}
