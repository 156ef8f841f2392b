/* SPDX-License-Identifier: Apache-2.0 */
/* Finding the processes that have taps open, by their descriptors in /proc. */
#include "control/tap_users.h"

#include "base/entries.h"
#include "base/errno_text.h"
#include "base/file.h"
#include "base/word.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/stat.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>

/* Containers decide how many descriptors there are. */
enum { DESCRIPTORS_MAX = 1 << 20, PROCESS_DESCRIPTORS_MAX = 1 << 14 };

struct walk {
	struct tap_users *users;
	size_t seen; /* descriptors */
	pid_t pid;
	int process; /* its directory in /proc */
	bool failed;
};

void tap_users_release(struct tap_users *u)
{
	free(u->list);
	*u = (struct tap_users){ .list = NULL };
}

/* Reads the device of a descriptor that is a tap by its name. A file of a container must not make
 * us wait: its name comes from the kernel, and DONT_SYNC asks no file system of a container. musl
 * 1.2.3 has no statx(). */
static bool tap_of(int descriptors, const char *name, dev_t *device)
{
	char target[PATH_MAX];
	struct statx st;
	const ssize_t length = readlinkat(descriptors, name, target, sizeof target - 1);

	if (length <= 0 || target[0] != '/')
		return false;
	target[length] = '\0';
	if (strncmp(strrchr(target, '/'), "/tap", 4) != 0 ||
	    syscall(SYS_statx, descriptors, name, AT_STATX_DONT_SYNC | AT_NO_AUTOMOUNT, STATX_TYPE,
	            &st) < 0 ||
	    (st.stx_mode & S_IFMT) != S_IFCHR)
		return false;
	*device = makedev(st.stx_rdev_major, st.stx_rdev_minor);
	return true;
}

static void user_add(struct walk *w, dev_t device)
{
	struct tap_users *u = w->users;
	struct tap_user fresh = { .device = device, .pid = w->pid, .comm = "?" };
	char comm[sizeof fresh.comm + 1];

	struct tap_user *grown = realloc(u->list, (u->n + 1) * sizeof *grown);
	if (!grown) {
		w->failed = true;
		return;
	}
	OWNED(fd_release) int fd = openat(w->process, "comm", O_RDONLY | O_CLOEXEC);
	if (file_text(fd, comm, sizeof comm) > 0)
		snprintf(fresh.comm, sizeof fresh.comm, "%.*s", (int)strcspn(comm, "\n"), comm);
	u->list = grown;
	u->list[u->n++] = fresh;
}

static void process_walk(struct walk *w)
{
	OWNED(entries_release) struct entries descriptors;
	const char *name;
	dev_t device;
	size_t seen = 0;

	entries_begin(&descriptors, openat(w->process, "fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	while (!w->failed && (name = entries_next(&descriptors))) {
		if (++seen > PROCESS_DESCRIPTORS_MAX || ++w->seen > DESCRIPTORS_MAX) {
			w->users->whole = false;
			return;
		}
		if (tap_of(descriptors.fd, name, &device))
			user_add(w, device);
	}
}

static int by_device(const void *a, const void *b)
{
	const struct tap_user *x = a, *y = b;

	if (x->device != y->device)
		return x->device < y->device ? -1 : 1;
	return x->pid < y->pid ? -1 : x->pid > y->pid;
}

/* Keeps one of the descriptors that a process has of a device. */
static void unite(struct tap_users *u)
{
	size_t n = 0;

	for (size_t i = 0; i < u->n; i++)
		if (n == 0 || by_device(&u->list[n - 1], &u->list[i]) != 0)
			u->list[n++] = u->list[i];
	u->n = n;
}

int tap_users_find(struct tap_users *u, struct failure *f)
{
	OWNED(entries_release) struct entries processes;
	struct walk w = { .users = u };
	const char *name;

	*u = (struct tap_users){ .whole = true };
	entries_begin(&processes, openat(AT_FDCWD, "/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	if (processes.fd < 0)
		return fail_errno(f, errno, "list the processes in /proc");
	while (!w.failed && (name = entries_next(&processes))) {
		if (strspn(name, "0123456789") != strlen(name) ||
		    strtol(name, NULL, 10) == getpid())
			continue;
		OWNED(fd_release)
		int process = openat(processes.fd, name, O_PATH | O_DIRECTORY | O_CLOEXEC);
		w.process = process;
		w.pid = (pid_t)strtol(name, NULL, 10);
		if (process >= 0 && w.seen <= DESCRIPTORS_MAX)
			process_walk(&w);
	}
	if (w.failed)
		return fail_errno(f, ENOMEM, "list the users of taps");
	if (u->n)
		qsort(u->list, u->n, sizeof *u->list, by_device);
	unite(u);
	return 0;
}

/* Returns the place of the first user of a device, or where it would be. */
static size_t first_of(const struct tap_users *u, dev_t device)
{
	size_t low = 0, high = u->n;

	while (low < high) {
		const size_t middle = low + (high - low) / 2;
		if (u->list[middle].device < device)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

size_t tap_users_text(const struct tap_users *u, dev_t device, char *text, size_t size)
{
	size_t n = 0;

	*text = '\0';
	for (size_t i = first_of(u, device); i < u->n && u->list[i].device == device; i++, n++) {
		char user[64];
		snprintf(user, sizeof user, "%s (pid %d)", u->list[i].comm, u->list[i].pid);
		word_add(text, size, n ? ", " : "", user);
	}
	return n;
}
