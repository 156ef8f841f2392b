/* SPDX-License-Identifier: Apache-2.0 */
/* The directory of our own files for one network. */
#include "ipam/own_directory.h"

#include "base/file.h"
#include "base/hash.h"
#include "ipam/former.h"

#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

enum { HASH_TEXT = 17 };

/* Normalizes a path: removes slashes that it does not need. */
static void path_normalize(const char *path, char out[static PATH_MAX])
{
	size_t n = 0;

	for (; *path && n < PATH_MAX - 1; path++)
		if (*path != '/' || (path[1] && path[1] != '/'))
			out[n++] = *path;
	out[n] = '\0';
}

static char *path_of(uint64_t hash, const char *network)
{
	const char *root = getenv("PODTAP_IPAM_STATE_DIR");
	char name[HASH_TEXT];

	snprintf(name, sizeof name, "%016" PRIx64, hash);
	OWNED(text_release)
	char *directory = path_join(root && *root ? root : "/var/lib/podtap/ipam", name);
	return directory ? path_join(directory, network) : NULL;
}

void own_directory_release(struct own_directory *p)
{
	text_release(&p->path);
}

/* Renames the directory of a dataDir whose name has the hash of an older generation: it contains
 * the stamp and the sticky table. If the rename fails, or nothing may be changed, that directory is
 * used under its old name. */
static void former_take_over(struct own_directory *p, uint64_t former, const char *network,
                             bool change)
{
	OWNED(text_release) char *path = path_of(former, network);

	if (!path)
		return;
	char *ours = strrchr(p->path, '/'), *theirs = strrchr(path, '/');
	*ours = '\0';
	*theirs = '\0';
	const bool theirs_only = access(p->path, F_OK) < 0 && errno == ENOENT &&
	                         access(path, F_OK) == 0 &&
	                         (!change || (rename(path, p->path) < 0 && errno != ENOENT));
	*ours = '/';
	*theirs = '/';
	if (theirs_only) {
		text_release(&p->path);
		p->path = text_take(&path);
	}
}

bool own_directory_set(struct own_directory *p, const char *data_dir, const char *network,
                       bool change)
{
	char path[PATH_MAX];

	p->data_dir = data_dir;
	path_normalize(data_dir, path);
	p->path = path_of(text_hash(path), network);
	if (!p->path)
		return false;
	former_take_over(p, former_text_hash(path), network, change);
	return true;
}

static int path_open(const char *path, int flags)
{
	return openat(AT_FDCWD, path, flags | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
}

static bool own_directory_path(const struct own_directory *p, const char *name,
                               char path[static PATH_MAX])
{
	const bool fits = snprintf(path, PATH_MAX, "%s/%s", p->path, name) < PATH_MAX;

	if (!fits)
		errno = ENAMETOOLONG;
	return fits;
}

/* Tells people the owner of these directories, in a file whose name is no valid network name. */
static void owner_note(const struct own_directory *p)
{
	const size_t length = strlen(p->data_dir);
	char path[PATH_MAX];

	if (!own_directory_path(p, "../.dataDir", path))
		return;
	OWNED(fd_release) int fd = path_open(path, O_WRONLY | O_CREAT | O_EXCL);
	if (fd >= 0 && write(fd, p->data_dir, length) != (ssize_t)length)
		return;
}

static int own_directory_make(const struct own_directory *p)
{
	if (path_make(p->path) < 0)
		return -1;
	owner_note(p);
	return 0;
}

int own_directory_open(const struct own_directory *p, const char *name, int flags)
{
	char path[PATH_MAX];

	if (!own_directory_path(p, name, path))
		return -1;
	const int fd = path_open(path, flags);
	if (fd >= 0 || errno != ENOENT || !(flags & O_CREAT))
		return fd;
	return own_directory_make(p) < 0 ? -1 : path_open(path, flags);
}

int own_directory_write(const struct own_directory *p, const char *name, const void *data,
                        size_t size)
{
	char fresh[64], from[PATH_MAX], to[PATH_MAX];

	snprintf(fresh, sizeof fresh, "%s.new", name);
	if (!own_directory_path(p, fresh, from) || !own_directory_path(p, name, to))
		return -1;
	const int done = file_replace(AT_FDCWD, to, from, 0600, data, size);
	if (done == 0 || errno != ENOENT || own_directory_make(p) < 0)
		return done;
	return file_replace(AT_FDCWD, to, from, 0600, data, size);
}
