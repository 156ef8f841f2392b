/* SPDX-License-Identifier: Apache-2.0 */
/* Putting podtap's plugins into a directory, and taking them out. */
#include "control/place.h"

#include "base/file.h"
#include "base/lock.h"
#include "control/original.h"
#include "control/plugin_file.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

int place_open(struct place *p, const char *path, bool make, struct failure *f)
{
	if (snprintf(p->path, sizeof p->path, "%s", path) >= (int)sizeof p->path)
		return fail_errno(f, ENAMETOOLONG, "open %s", path);
	if (make && path_make(path) < 0)
		return fail_errno(f, errno, "make directory %s", path);
	p->fd = openat(AT_FDCWD, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (p->fd < 0)
		return fail_errno(f, errno, "open directory %s", path);
	/* A file system without locks has -1: nothing keeps two installers apart there. */
	if (lock_bytes(p->fd, NULL, LOCK_WAIT_S) == 0)
		return fail(f, CNI_AGAIN, "another installer works in it", "lock directory %s",
		            path);
	return 0;
}

enum placed place_look(const struct place *p, const char *name, struct failure *f)
{
	struct stat st;
	char target[PATH_MAX];

	if (fstatat(p->fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0) {
		if (errno == ENOENT)
			return PLACED_NONE;
		fail_errno(f, errno, "look at %s/%s", p->path, name);
		return PLACED_FAILED;
	}
	if (S_ISLNK(st.st_mode))
		return plugin_file_target(p->fd, name, target) == 0 && strcmp(target, "podtap") == 0
		               ? PLACED_OURS
		               : PLACED_FOREIGN;
	if (S_ISREG(st.st_mode))
		return plugin_file_is_podtap(p->fd, name) ? PLACED_OURS : PLACED_FOREIGN;
	fail(f, CNI_OTHER, "it is neither a file nor a link", "replace %s/%s", p->path, name);
	return PLACED_FAILED;
}

/* Removes the unfinished file of a run that was ended. Such a file is always a copy. */
static int fresh_remove(const struct place *p, const char *fresh, struct failure *f)
{
	if (unlinkat(p->fd, fresh, 0) == 0 || errno == ENOENT)
		return 0;
	return fail_errno(f, errno, "remove %s/%s", p->path, fresh);
}

/* Renames the new file over the name, whose file of another program is kept before. */
static int put(struct place *p, const char *name, const char *fresh, struct failure *f)
{
	const enum placed now = place_look(p, name, f);

	if (now == PLACED_FAILED ||
	    (now == PLACED_FOREIGN && original_keep(p->fd, p->path, name, f) < 0)) {
		unlinkat(p->fd, fresh, 0);
		return -1;
	}
	if (renameat(p->fd, fresh, p->fd, name) < 0 || plugin_names_settle(p->fd) < 0) {
		fail_errno(f, errno, "rename %s/%s to %s", p->path, fresh, name);
		unlinkat(p->fd, fresh, 0);
		return -1;
	}
	p->changed = true;
	printf("installed %s/%s\n", p->path, name);
	return 0;
}

/* A package may have a link here to the file that would be copied. */
static bool is_current(const struct place *p, int from, const char *name)
{
	struct stat st;

	return plugin_file_same(from, name, p->fd, name) && fstatat(p->fd, name, &st, 0) == 0 &&
	       (st.st_mode & 07777) == 0755;
}

int place_program(struct place *p, int from, const char *name, struct failure *f)
{
	char fresh[NAME_MAX];

	plugin_file_fresh(fresh, name);
	if (fresh_remove(p, fresh, f) < 0)
		return -1;
	if (is_current(p, from, name))
		return 0;
	if (plugin_file_copy(from, name, p->fd, fresh, 0755) < 0) {
		fail_errno(f, errno, "copy %s to %s/%s", name, p->path, fresh);
		unlinkat(p->fd, fresh, 0);
		return -1;
	}
	return put(p, name, fresh, f);
}

int place_alias(struct place *p, const char *name, struct failure *f)
{
	char fresh[NAME_MAX], target[PATH_MAX];

	plugin_file_fresh(fresh, name);
	if (fresh_remove(p, fresh, f) < 0)
		return -1;
	if (plugin_file_target(p->fd, name, target) == 0 && strcmp(target, "podtap") == 0)
		return 0;
	if (symlinkat("podtap", p->fd, fresh) < 0)
		return fail_errno(f, errno, "make link %s/%s", p->path, fresh);
	return put(p, name, fresh, f);
}

int place_undo(struct place *p, const char *name, struct failure *f)
{
	char fresh[NAME_MAX];

	plugin_file_fresh(fresh, name);
	if (fresh_remove(p, fresh, f) < 0)
		return -1;
	const enum placed now = place_look(p, name, f);
	if (now == PLACED_FAILED)
		return -1;
	const int restored = original_restore(p->fd, p->path, name, now == PLACED_FOREIGN, f);
	if (restored != 0 || now != PLACED_OURS) {
		p->changed |= restored > 0;
		return restored < 0 ? -1 : 0;
	}
	if (unlinkat(p->fd, name, 0) < 0 || plugin_names_settle(p->fd) < 0)
		return fail_errno(f, errno, "remove %s/%s", p->path, name);
	p->changed = true;
	printf("removed %s/%s\n", p->path, name);
	return 0;
}
