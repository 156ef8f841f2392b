/* SPDX-License-Identifier: Apache-2.0 */
/* Reading the maps of a user namespace. The kernel shows them only for a process, so a child joins
 * the namespace for that time. */
#include "netns/userns.h"

#include "base/file.h"
#include "base/owned.h"
#include "netns/bounds.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/nsfs.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

static const uint32_t no_id = UINT32_MAX;

enum {
	MAP_MAX = 340 * 33, /* bytes; the kernel accepts 340 lines */
	MAP_SHOWN = 200,    /* of them in an error */
};

bool userns_map_find(const char *map, uint32_t id, uint32_t *host)
{
	for (const char *line = map; *line; line += strspn(line, "\n")) {
		char *at;
		const uint32_t inside = (uint32_t)strtoul(line, &at, 10);
		const uint32_t outside = (uint32_t)strtoul(at, &at, 10);
		const uint32_t count = (uint32_t)strtoul(at, NULL, 10);

		if (id >= inside && id - inside < count) {
			*host = outside == no_id ? no_id : outside + (id - inside);
			return *host != no_id;
		}
		line += strcspn(line, "\n");
	}
	return false;
}

/* Open the user namespace that owns a network namespace. Returns FOUND_NONE if it is our own, or
 * one above it. */
static enum found owner_open(int netns, int *user, struct failure *f)
{
	struct stat owner, own;

	*user = ioctl(netns, NS_GET_USERNS); /* close-on-exec */
	if (*user < 0 && errno == EPERM)
		return FOUND_NONE;
	if (*user < 0 || fstat(*user, &owner) < 0 || stat("/proc/self/ns/user", &own) < 0)
		return (enum found)fail_errno(f, errno, "find the container's user namespace");
	return owner.st_ino == own.st_ino && owner.st_dev == own.st_dev ? FOUND_NONE : FOUND;
}

/* A child inside the user namespace. */
struct member {
	pid_t pid;
	int joined; /* reads the errno of joining */
	int stay;   /* the child ends when this is closed */
};

/* The child. Root of the container has every capability over it: it must not be dumpable, so that
 * no process there can trace it or read our descriptors, and it ends with us even if it was
 * stopped. */
static void member_run(int user, int joined, int stay, pid_t parent)
{
	char error = 0, end;

	if (prctl(PR_SET_DUMPABLE, 0) < 0 || setns(user, CLONE_NEWUSER) < 0 ||
	    prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
		error = (char)errno;
	if (getppid() != parent || write(joined, &error, 1) != 1 || read(stay, &end, 1) < 0)
		_exit(1);
	_exit(0);
}

static int member_start(struct member *m, int user, struct failure *f)
{
	int joined[2], stay[2];
	const pid_t parent = getpid();

	if (pipe2(joined, O_CLOEXEC) < 0)
		return fail_errno(f, errno, "open a pipe");
	m->joined = joined[0];
	OWNED(fd_release) int joined_end = joined[1];
	if (pipe2(stay, O_CLOEXEC) < 0)
		return fail_errno(f, errno, "open a pipe");
	m->stay = stay[1];
	OWNED(fd_release) int stay_end = stay[0];
	signal(SIGCHLD, SIG_DFL); /* an inherited SIG_IGN would make waitpid() fail */
	m->pid = fork();
	if (m->pid == 0) {
		close(m->stay);
		member_run(user, joined_end, stay_end, parent);
	}
	return m->pid < 0 ? fail_errno(f, errno, "start a child") : 0;
}

/* Root of the container can stop or kill the child, so wait for it only so long. */
static int member_await(const struct member *m, struct failure *f)
{
	struct pollfd answer = { .fd = m->joined, .events = POLLIN };
	char error;
	int ready;

	while ((ready = poll(&answer, 1, BOUND_JOIN_MS)) < 0 && errno == EINTR)
		;
	if (ready <= 0)
		return fail_errno(f, ready ? errno : ETIMEDOUT,
		                  "join the container's user namespace");
	if (read(m->joined, &error, 1) != 1)
		return fail(f, CNI_AGAIN, "the process that joined it was killed",
		            "join the container's user namespace");
	return error ? fail_errno(f, error, "join the container's user namespace") : 0;
}

static void member_release(struct member *m)
{
	fd_release(&m->stay);
	fd_release(&m->joined);
	if (m->pid <= 0)
		return;
	kill(m->pid, SIGKILL);
	while (waitpid(m->pid, NULL, 0) < 0 && errno == EINTR)
		;
}

/* Write the map in one line, without the blanks that align it. */
static void map_squeeze(char *map)
{
	char *to = map;

	for (const char *at = map; *at; at++) {
		if (*at == '\n' && at[1])
			*to++ = ';';
		const bool blank = *at == ' ' || *at == '\n';
		if (!blank)
			*to++ = *at;
		else if (to > map && to[-1] != ' ' && at[1])
			*to++ = ' ';
	}
	*to = '\0';
}

static int refuse(const char *what, uint32_t id, char *map, struct failure *f)
{
	char details[MAP_SHOWN + 160];

	map_squeeze(map);
	snprintf(details, sizeof details,
	         "%s of the container's user namespace is \"%.*s\": choose an id that it has, or "
	         "set "
	         "ownerIn to host",
	         strcmp(what, "owner") == 0 ? "uid_map" : "gid_map", MAP_SHOWN, map);
	return fail(f, CNI_CONFIG, details, "%s %u is not mapped to an id of the host", what, id);
}

static int id_map(pid_t pid, const char *file, const char *what, uint32_t *id, struct failure *f)
{
	OWNED(text_release) char *map = NULL;
	char path[64];
	uint32_t host;
	size_t length;

	snprintf(path, sizeof path, "/proc/%d/%s", pid, file);
	OWNED(fd_release) int fd = openat(AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || file_read_all(fd, MAP_MAX, &map, &length) < 0)
		return fail_errno(f, errno, "read %s of the container's user namespace", file);
	if (!userns_map_find(map, *id, &host))
		return refuse(what, *id, map, f);
	*id = host;
	return 0;
}

enum found userns_host_ids(int netns, uid_t *uid, gid_t *gid, struct failure *f)
{
	OWNED(fd_release) int user = -1;
	OWNED(member_release) struct member m = { .joined = -1, .stay = -1 };
	const enum found other = owner_open(netns, &user, f);

	if (other != FOUND)
		return other;
	if (member_start(&m, user, f) < 0 || member_await(&m, f) < 0 ||
	    id_map(m.pid, "uid_map", "owner", uid, f) < 0 ||
	    id_map(m.pid, "gid_map", "group", gid, f) < 0)
		return FOUND_FAILED;
	return FOUND;
}
