/* SPDX-License-Identifier: Apache-2.0 */
/* Asking podtap-addresses which nodes hold how many addresses: a file asks, and another one is the
 * answer. So podtapctl needs no way to the engine. */
#include "ipam/pools_node.h"

#include "base/clock.h"
#include "base/entries.h"
#include "base/file.h"
#include "ipam/held_view.h"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>

enum { ANSWER_MS = 3000 };

static size_t questions_write(int directory, const char *only)
{
	OWNED(entries_release) struct entries names;
	char question[NAME_MAX + 1];
	const char *name;
	size_t n = 0;

	entries_begin(&names, openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	while (names.fd >= 0 && (name = entries_next(&names))) {
		const size_t length = strlen(name) - 5;
		if (strlen(name) <= 5 || length >= POOL_NAME || *name == '.' ||
		    strcmp(name + length, ".json") != 0 ||
		    (only && (strlen(only) != length || strncmp(only, name, length) != 0)))
			continue;
		snprintf(question, sizeof question, HELD_LOOK "%.*s", (int)length, name);
		const int flags = O_WRONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
		OWNED(fd_release) int fd = openat(directory, question, flags, 0600);
		n += fd >= 0;
	}
	return n;
}

/* Returns the number of answers among the events. */
static size_t answers_count(int inotify)
{
	char events[4096] __attribute__((aligned(8)));
	const ssize_t length = read(inotify, events, sizeof events);
	size_t n = 0;

	for (ssize_t at = 0; at < length;) {
		const struct inotify_event *e = (const struct inotify_event *)(events + at);
		const char *dot = e->len ? strrchr(e->name, '.') : NULL;
		n += dot && strcmp(dot, HELD_VIEW) == 0;
		at += (ssize_t)(sizeof *e + e->len);
	}
	return n;
}

void node_pools_ask(const char *only)
{
	char path[PATH_MAX];
	OWNED(fd_release)
	int directory = held_directory(path)
	                        ? openat(AT_FDCWD, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
	                        : -1;
	OWNED(fd_release) int inotify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);

	if (directory < 0 || inotify < 0 || inotify_add_watch(inotify, path, IN_MOVED_TO) < 0)
		return;
	size_t open = questions_write(directory, only);
	const int64_t until = clock_milliseconds() + ANSWER_MS;
	while (open) {
		const int64_t left = until - clock_milliseconds();
		struct pollfd event = { .fd = inotify, .events = POLLIN };
		if (left <= 0 || poll(&event, 1, (int)left) <= 0)
			return;
		const size_t got = answers_count(inotify);
		open -= got < open ? got : open;
	}
}
