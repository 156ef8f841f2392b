/* SPDX-License-Identifier: Apache-2.0 */
/* The verb policy: whether a file is a policy, and putting it where podtap reads it. */
#include "control/verb.h"

#include "base/errno_text.h"
#include "base/file.h"
#include "plugin/policy.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static const char fresh_name[] = ".policy.podtap-new";

struct source {
	char *text; /* owned */
	size_t length;
};

static void source_release(struct source *s)
{
	free(s->text);
}

/* Follows a link: a ConfigMap mounts one. */
static int source_read(struct source *s, const char *path, struct failure *f)
{
	OWNED(fd_release) int fd = openat(AT_FDCWD, path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || file_read_all(fd, POLICY_MAX, &s->text, &s->length) < 0)
		return fail(f, CNI_IO,
		            errno == EFBIG ? "it has more than 1 MiB" : errno_text(errno),
		            "read %s", path);
	return policy_check(path, s->text, s->length, f);
}

/* Opens the directory of the policy. Makes it if it is missing. podtap refuses a policy in a
 * directory that is a link, or that another user may write. Returns the descriptor, which the
 * caller owns. */
static int directory_open(const char *path, struct failure *f)
{
	struct stat st;

	if (path_make(path) < 0)
		return fail_errno(f, errno, "make %s", path);
	OWNED(fd_release)
	int fd = openat(AT_FDCWD, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 && (errno == ENOTDIR || errno == ELOOP))
		return fail(f, CNI_IO, "it is a symbolic link, which podtap refuses", "use %s",
		            path);
	if (fd < 0 || fstat(fd, &st) < 0)
		return fail_errno(f, errno, "use %s", path);
	if (st.st_uid != 0 || (st.st_mode & 022) != 0)
		return fail(f, CNI_IO, "it must belong to root, and only root may write it",
		            "use %s", path);
	return fd_take(&fd);
}

/* Returns whether the file there is this policy already, in the form that podtap demands. */
static bool is_current(int directory, const char *name, const struct source *s)
{
	struct stat st;
	size_t length;

	if (fstatat(directory, name, &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISREG(st.st_mode) ||
	    st.st_uid != 0 || (st.st_mode & 07777) != 0644)
		return false;
	OWNED(text_release) char *text = file_read(directory, name, POLICY_MAX, &length);
	return text && s->text && length == s->length && memcmp(text, s->text, length) == 0;
}

static int place(const struct source *s, const char *path, struct failure *f)
{
	const char *slash = strrchr(path, '/');

	if (*path != '/' || !slash[1])
		return fail(f, CNI_CONFIG, "it must be the absolute path of a file", "--to %s",
		            path);
	OWNED(text_release) char *parent = strndup(path, slash > path ? (size_t)(slash - path) : 1);
	if (!parent)
		return fail_errno(f, ENOMEM, "install %s", path);
	umask(022); /* any user may read it */
	OWNED(fd_release) int directory = directory_open(parent, f);
	if (directory < 0)
		return -1;
	if (is_current(directory, slash + 1, s)) {
		printf("%s is this policy already\n", path);
		return 0;
	}
	const int done = file_replace(directory, slash + 1, fresh_name, 0644, s->text, s->length);
	if (done < 0)
		return fail_errno(f, errno, "write %s", path);
	printf("installed %s\n", path);
	return 0;
}

static int policy(const struct call *call, struct failure *f)
{
	OWNED(source_release) struct source s = { .text = NULL };
	const char *action = call->argument[0], *path = call->argument[1];
	const bool installs = strcmp(action, "install") == 0;

	if (!installs && strcmp(action, "check") != 0)
		return fail(f, CNI_OTHER, "it must be check or install", "the word %s", action);
	if (source_read(&s, path, f) < 0)
		return -1;
	if (installs)
		return place(&s, call->option['t'] ? call->option['t'] : policy_path(), f);
	printf("%s is a valid policy\n", path);
	return 0;
}

const struct verb verb_policy = {
	.name = "policy",
	.summary = "check a policy, or install it",
	.cli = { .program = "podtapctl policy",
	         .synopsis = "[--to FILE] check|install FILE",
	         .about =
	                 "Says whether a file is a policy that podtap accepts. With install, also\n"
	                 "puts it where podtap reads it: as a whole, as root's, with mode 0644. "
	                 "One\n"
	                 "with an error is refused, and the policy that is there stays.\n\n"
	                 "  podtapctl policy install policy.json\n",
	         .options = (const struct cli_option[]){ { "to", "FILE", 't',
	                                                   "where (/etc/podtap/policy.json)" },
	                                                 { .name = NULL } } },
	.fewest = 2,
	.most = 2,
	.arguments = "check or install, and a file",
	.run = policy,
};
