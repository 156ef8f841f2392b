/* SPDX-License-Identifier: Apache-2.0 */
/* Waiting by inotify. */
#include "ipam/held_wait.h"

#include "base/clock.h"
#include "base/file.h"

#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/inotify.h>

enum { WAIT_PATH = PATH_MAX + POOL_NAME + 32, LOOK_MS = 50 };

static void want_path(const struct held_wait *w, const char *directory, char path[static WAIT_PATH])
{
	snprintf(path, WAIT_PATH, "%s/%s%s.%016" PRIx64, directory, w->prefix, w->pool, w->number);
}

void held_wait_release(struct held_wait *w)
{
	char directory[PATH_MAX], path[WAIT_PATH];

	if (w->want >= 0 && held_directory(directory)) {
		want_path(w, directory, path);
		unlink(path);
	}
	fd_release(&w->want);
	fd_release(&w->inotify);
}

/* Begins to watch before the file is looked at, so that no change is missed. After a boot
 * podtap-addresses may not have made the directory yet. Where inotify is used up, the file is
 * looked at again and again. */
static bool wait_begin(struct held_wait *w, const struct held *h, const char *directory)
{
	w->until = clock_milliseconds() + (int64_t)h->wait * 1000;
	w->inotify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (path_make(directory) < 0)
		return false;
	if (w->inotify >= 0 && inotify_add_watch(w->inotify, directory, IN_MOVED_TO) < 0)
		fd_release(&w->inotify);
	return true;
}

/* Waits for an event, or for a while without inotify. Returns false at the end of the time. */
static bool wait_event(const struct held_wait *w)
{
	char events[4096] __attribute__((aligned(8)));
	struct pollfd event = { .fd = w->inotify, .events = POLLIN };
	int64_t left = w->until - clock_milliseconds();

	if (left <= 0)
		return false;
	if (w->inotify < 0)
		return poll(NULL, 0, left < LOOK_MS ? (int)left : LOOK_MS) >= 0;
	if (poll(&event, 1, (int)left) <= 0)
		return false;
	while (read(w->inotify, events, sizeof events) > 0)
		continue;
	return true;
}

static bool call_write(int fd, const struct held_call *c)
{
	if (!c->sticky)
		return true;
	OWNED(json_release) cJSON *object = cJSON_CreateObject();
	cJSON_AddStringToObject(object, "sticky", c->sticky);
	cJSON_AddStringToObject(object, "namespace", c->space);
	cJSON_AddStringToObject(object, "pod", c->pod);
	cJSON_AddStringToObject(object, "interface", c->ifname);
	OWNED(text_release) char *text = json_text(object);
	return text && write(fd, text, strlen(text)) == (ssize_t)strlen(text);
}

/* The file is locked before it has its name: without a lock, podtap-addresses removes it. Without
 * the file, the node still keeps its usual number of addresses ready. */
static void want(struct held_wait *w, const struct held_call *c, const char *directory)
{
	char path[WAIT_PATH];

	want_path(w, directory, path);
	w->want = openat(AT_FDCWD, directory, O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
	if (w->want < 0 || flock(w->want, LOCK_EX | LOCK_NB) < 0 || !call_write(w->want, c))
		return;
	if (file_link(w->want, AT_FDCWD, path) < 0 && errno == EEXIST && unlink(path) == 0 &&
	    file_link(w->want, AT_FDCWD, path) < 0)
		fd_release(&w->want);
}

static bool is_changed(const struct held *h, const char *directory)
{
	char path[WAIT_PATH];
	struct stat now;

	snprintf(path, sizeof path, "%s/%s.json", directory, h->pool);
	if (stat(path, &now) < 0)
		return false;
	return now.st_ino != h->seen.st_ino || now.st_dev != h->seen.st_dev ||
	       now.st_ctim.tv_sec != h->seen.st_ctim.tv_sec ||
	       now.st_ctim.tv_nsec != h->seen.st_ctim.tv_nsec;
}

bool held_wait(struct held_wait *w, const struct held *h, uint64_t number)
{
	char directory[PATH_MAX];

	snprintf(w->pool, sizeof w->pool, "%s", h->pool);
	w->prefix = h->call.sticky ? BIND_PREFIX : WANT_PREFIX;
	w->number = h->call.sticky ? h->call.number : number;
	if (!held_directory(directory) || (!w->until && !wait_begin(w, h, directory)))
		return false;
	while (!is_changed(h, directory)) {
		if (w->want < 0)
			want(w, &h->call, directory);
		if (!wait_event(w))
			return false;
	}
	return clock_milliseconds() < w->until;
}
