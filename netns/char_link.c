/* SPDX-License-Identifier: Apache-2.0 */
/* Creating and removing the symlink from a tap's device number to its node. */
#include "netns/char_link.h"

#include "base/clock.h"
#include "base/file.h"
#include "netns/tap.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

enum {
	NAME_SIZE = 32,
	TARGET_SIZE = TAP_NAME_MAX + 3,
	TRIES = 16,     /* another program may remove the directory or the link meanwhile */
	UDEV_MS = 3000, /* udev takes some milliseconds */
};

static const char parent[] = "char";

struct char_link {
	int directory; /* borrowed */
	char name[NAME_SIZE];
	char target[TARGET_SIZE];
};

static struct char_link char_link_of(int directory, uint32_t ifindex, dev_t number)
{
	struct char_link n = { .directory = directory };
	char node[TAP_NAME_MAX];

	tap_name(ifindex, node);
	snprintf(n.name, sizeof n.name, "%s/%u:%u", parent, major(number), minor(number));
	snprintf(n.target, sizeof n.target, "../%s", node);
	return n;
}

enum holder { FAILED = -1, NOTHING, OURS, STALE, FOREIGN };

/* Whether a link has the form that podtap and udev give it. */
static bool leads_to_tap(const char *target)
{
	static const char start[] = "../tap";
	const size_t length = sizeof start - 1;

	return strncmp(target, start, length) == 0 && target[length] &&
	       target[length + strspn(target + length, "0123456789")] == '\0';
}

static enum holder holder_of(const struct char_link *n, struct failure *f)
{
	char target[TARGET_SIZE + 1];
	const ssize_t length = readlinkat(n->directory, n->name, target, sizeof target - 1);

	if (length < 0 && errno == ENOENT)
		return NOTHING;
	if (length < 0 && (errno == EINVAL || errno == ENOTDIR)) /* no link, no directory */
		return FOREIGN;
	if (length < 0)
		return (enum holder)fail_errno(f, errno, "read the link %s", n->name);
	target[length] = '\0';
	if (strcmp(target, n->target) == 0)
		return OURS;
	return leads_to_tap(target) ? STALE : FOREIGN;
}

static int parent_make(const struct char_link *n, struct failure *f)
{
	if (mkdirat(n->directory, parent, 0755) < 0 && errno != EEXIST)
		return fail_errno(f, errno, "make the directory %s of device numbers", parent);
	return 0;
}

static int symlink_remove(const struct char_link *n, struct failure *f)
{
	if (unlinkat(n->directory, n->name, 0) < 0 && errno != ENOENT)
		return fail_errno(f, errno, "remove the link %s", n->name);
	return 0;
}

/* Prepare another try: create the missing directory, or remove a stale link. Returns 1; 0 if the
 * object with the name, which *holder describes, decides the result; or -1. */
static int clear_way(const struct char_link *n, int err, enum holder *holder, struct failure *f)
{
	if (err == ENOENT)
		return parent_make(n, f) < 0 ? -1 : 1;
	if (err != EEXIST && err != ENOTDIR)
		return fail_errno(f, err, "make the link %s", n->name);
	*holder = holder_of(n, f);
	if (*holder == STALE)
		return symlink_remove(n, f) < 0 ? -1 : 1;
	return *holder == FAILED ? -1 : *holder == NOTHING;
}

int char_link_make(int directory, uint32_t ifindex, dev_t number, struct failure *f)
{
	const struct char_link n = char_link_of(directory, ifindex, number);
	enum holder holder = OURS;

	for (int tries = 0; tries < TRIES; tries++) {
		if (symlinkat(n.target, directory, n.name) == 0)
			return 1;
		const int clear = clear_way(&n, errno, &holder, f);
		if (clear <= 0)
			return clear < 0 ? -1 : holder == OURS;
	}
	return fail(f, CNI_AGAIN, "another program changes it each time", "make the link %s",
	            n.name);
}

/* Watch removals from the directory. Returns the descriptor, or -1: with ENOENT if the directory is
 * missing. */
static int removals_watch(int directory)
{
	OWNED(fd_release) int watch = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	char path[64];

	snprintf(path, sizeof path, "/proc/self/fd/%d/%s", directory, parent);
	if (watch < 0 || inotify_add_watch(watch, path, IN_DELETE) < 0)
		return -1;
	return fd_take(&watch);
}

static int await_removal(const struct char_link *n, struct failure *f)
{
	OWNED(fd_release) int watch = removals_watch(n->directory);
	const int64_t deadline = clock_milliseconds() + UDEV_MS;
	char events[4096];

	if (watch < 0)
		return errno == ENOENT ? 0 : fail_errno(f, errno, "watch %s", n->name);
	for (int64_t left; (left = deadline - clock_milliseconds()) > 0;) {
		const enum holder holder = holder_of(n, f);
		struct pollfd removed = { .fd = watch, .events = POLLIN };

		if (holder != OURS && holder != STALE)
			return holder == FAILED ? -1 : 0;
		if (poll(&removed, 1, (int)left) > 0 && read(watch, events, sizeof events) < 0 &&
		    errno != EAGAIN && errno != EINTR)
			return fail_errno(f, errno, "watch %s", n->name);
	}
	return 0;
}

int char_link_await_udev(int directory, dev_t number, struct failure *f)
{
	const struct char_link n = char_link_of(directory, 0, number);
	const enum holder holder = holder_of(&n, f);

	if (holder == STALE)
		return await_removal(&n, f);
	return holder == FAILED ? -1 : 0;
}

/* Remove the directory if it is empty. Do that also if the link is gone, because a killed call may
 * have left the directory. */
static int parent_remove(const struct char_link *n, enum holder had, struct failure *f)
{
	if (unlinkat(n->directory, parent, AT_REMOVEDIR) == 0 || errno == ENOENT ||
	    errno == ENOTEMPTY || errno == EEXIST || errno == ENOTDIR)
		return 0;
	if (errno == EROFS && had != OURS) /* the errno does not tell whether the name exists */
		return 0;
	return fail_errno(f, errno, "remove the empty directory %s of device numbers", parent);
}

int char_link_remove(int directory, uint32_t ifindex, dev_t number, struct failure *f)
{
	const struct char_link n = char_link_of(directory, ifindex, number);
	const enum holder had = holder_of(&n, f);

	if (had == FAILED || (had == OURS && symlink_remove(&n, f) < 0))
		return -1;
	return parent_remove(&n, had, f);
}

/* Whether a name is a device number. */
static bool is_number(const char *name)
{
	const size_t first = strspn(name, "0123456789");

	return first && name[first] == ':' && name[first + 1] &&
	       !name[first + 1 + strspn(name + first + 1, "0123456789")];
}

/* Whether a link leads to a tap without a node, and which. A link is made after its node. */
static bool is_dangling(int directory, int links, const char *name, uint32_t *ifindex)
{
	static const char before[] = "../tap";
	char target[TARGET_SIZE + 1];
	const ssize_t length = readlinkat(links, name, target, sizeof target - 1);
	struct stat st;

	if (length < 0)
		return false;
	target[length] = '\0';
	if (!leads_to_tap(target))
		return false;
	*ifindex = (uint32_t)strtoul(target + sizeof before - 1, NULL, 10);
	return fstatat(directory, target + strlen("../"), &st, AT_SYMLINK_NOFOLLOW) < 0 &&
	       errno == ENOENT;
}

int char_link_sweep(int directory, bool (*is_left)(const char *name, uint32_t ifindex, void *data),
                    void *data, struct failure *f)
{
	const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	OWNED(stream_release) DIR *links = directory_stream(openat(directory, parent, flags));
	const struct dirent *entry;
	uint32_t ifindex;

	if (!links)
		return errno == ENOENT ? 0 : fail_errno(f, errno, "list the device numbers");
	while ((entry = entry_next(links))) {
		const char *name = entry->d_name;
		if (!is_number(name) || !is_dangling(directory, dirfd(links), name, &ifindex) ||
		    !is_left(name, ifindex, data))
			continue;
		if (unlinkat(dirfd(links), name, 0) < 0 && errno != ENOENT)
			return fail_errno(f, errno, "remove the link %s/%s", parent, name);
	}
	return errno ? fail_errno(f, errno, "list the device numbers") : 0;
}
