/* SPDX-License-Identifier: Apache-2.0 */
/* Keeping the file of another program, and putting it back. */
#include "control/original.h"

#include "control/plugin_file.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { FORMER_MAX = 100 };

struct names {
	char kept[NAME_MAX];
	char former[NAME_MAX];
	char fresh[NAME_MAX];
};

static void names_make(struct names *n, const char *name)
{
	snprintf(n->kept, sizeof n->kept, "%s" ORIGINAL_KEPT, name);
	plugin_file_fresh(n->fresh, n->kept);
}

static bool exists(int directory, const char *name)
{
	struct stat st;

	return fstatat(directory, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

/* Whether the two names have one file, or one is a copy of the other. */
static bool is_second(int directory, const char *name, const char *kept)
{
	char a[PATH_MAX], b[PATH_MAX];

	if (plugin_file_target(directory, name, a) == 0)
		return plugin_file_target(directory, kept, b) == 0 && strcmp(a, b) == 0;
	return plugin_file_same(directory, name, directory, kept);
}

/* Makes room for another file. The lock of the directory keeps other installers away. */
static int former_keep(int directory, const char *path, struct names *n, struct failure *f)
{
	for (int i = 1; i < FORMER_MAX; i++) {
		if (snprintf(n->former, sizeof n->former, "%.200s.%d", n->kept, i) > 0 &&
		    exists(directory, n->former))
			continue;
		if (renameat(directory, n->kept, directory, n->former) < 0)
			return fail_errno(f, errno, "rename %s/%s to %s", path, n->kept, n->former);
		return 0;
	}
	return fail(f, CNI_OTHER, "there are too many files of former ones: remove them",
	            "keep %s/%s", path, n->kept);
}

/* Copies what cannot have a second name: the file system has no hard links, or the file's owner is
 * another and this process has no capability. */
static int copy(int directory, const char *name, const struct names *n)
{
	char target[PATH_MAX];
	struct stat st;

	if (plugin_file_target(directory, name, target) == 0)
		return symlinkat(target, directory, n->kept);
	if ((unlinkat(directory, n->fresh, 0) < 0 && errno != ENOENT) ||
	    fstatat(directory, name, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
	    plugin_file_copy(directory, name, directory, n->fresh, st.st_mode & 07777) < 0 ||
	    utimensat(directory, n->fresh, (struct timespec[]){ st.st_atim, st.st_mtim }, 0) < 0 ||
	    (fchownat(directory, n->fresh, st.st_uid, st.st_gid, 0) < 0 && errno != EPERM))
		return -1;
	return renameat(directory, n->fresh, directory, n->kept);
}

int original_keep(int directory, const char *path, const char *name, struct failure *f)
{
	char whose[PLUGIN_FILE_TEXT];
	struct names n;

	names_make(&n, name);
	const bool again = exists(directory, n.kept);
	if (again && is_second(directory, name, n.kept)) /* kept by a run that was ended */
		return 0;
	if (again && former_keep(directory, path, &n, f) < 0)
		return -1;
	if (linkat(directory, name, directory, n.kept, 0) < 0 && copy(directory, name, &n) < 0) {
		fail_errno(f, errno, "keep %s/%s as %s", path, name, n.kept);
		unlinkat(directory, n.fresh, 0);
		return -1;
	}
	if (plugin_names_settle(directory) < 0)
		return fail_errno(f, errno, "keep %s/%s as %s", path, name, n.kept);
	plugin_file_describe(directory, n.kept, whose);
	printf("kept %s/%s (%s) as %s\n", path, name, whose, n.kept);
	return 0;
}

int original_restore(int directory, const char *path, const char *name, bool foreign,
                     struct failure *f)
{
	char whose[PLUGIN_FILE_TEXT];
	struct names n;

	names_make(&n, name);
	if (unlinkat(directory, n.fresh, 0) < 0 && errno != ENOENT)
		return fail_errno(f, errno, "remove %s/%s", path, n.fresh);
	if (!exists(directory, n.kept))
		return 0;
	if (foreign && is_second(directory, name, n.kept)) {
		if (unlinkat(directory, n.kept, 0) < 0)
			return fail_errno(f, errno, "remove %s/%s", path, n.kept);
		return 1;
	}
	plugin_file_describe(directory, foreign ? name : n.kept, whose);
	if (foreign) {
		printf("left %s/%s (%s), and %s\n", path, name, whose, n.kept);
		return 0;
	}
	if (renameat(directory, n.kept, directory, name) < 0 || plugin_names_settle(directory) < 0)
		return fail_errno(f, errno, "rename %s/%s to %s", path, n.kept, name);
	printf("restored %s/%s (%s)\n", path, name, whose);
	return 1;
}
