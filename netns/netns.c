/* SPDX-License-Identifier: Apache-2.0 */
/* Opening, comparing and visiting network namespaces. */
#include "netns/netns.h"
#include "base/errno_text.h"

#include <asm/socket.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/nsfs.h>
#include <linux/sockios.h>
#include <sched.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/vfs.h>

static int refuse(struct failure *f, const char *path, const char *why)
{
	fail(f, CNI_ENV, why, "CNI_NETNS %s is not a network namespace", path);
	errno = EINVAL;
	return -1;
}

static int open_failed(struct failure *f, const char *path)
{
	int err = errno;
	fail(f, CNI_ENV, errno_text(err), "open the network namespace CNI_NETNS %s", path);
	errno = err;
	return -1;
}

int netns_open(const char *path, struct failure *f)
{
	/* O_NONBLOCK: a fifo at that path must not block the call. */
	const int flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK;
	OWNED(fd_release) int fd = openat(AT_FDCWD, path, flags);
	struct statfs fs;

	/* /proc may return this error once for a process that is just ending. */
	if (fd < 0 && errno == EACCES)
		fd = openat(AT_FDCWD, path, flags);

	if (fd < 0)
		return open_failed(f, path);
	if (fstatfs(fd, &fs) < 0)
		return open_failed(f, path);
	/* In another file system the same ioctl number may mean something else. */
	if (fs.f_type != NSFS_MAGIC)
		return refuse(f, path, "it is no file of the namespace file system");
	const int type = ioctl(fd, NS_GET_NSTYPE);
	if (type < 0)
		return open_failed(f, path);
	if (type != CLONE_NEWNET)
		return refuse(f, path, "it is a namespace of another type");
	return fd_take(&fd);
}

bool netns_is_gone(int err)
{
	static const int gone[] = { ENOENT, ENOTDIR, ESRCH, EINVAL, ELOOP, ENXIO, ENAMETOOLONG };

	for (size_t i = 0; i < sizeof gone / sizeof *gone; i++)
		if (err == gone[i])
			return true;
	return false;
}

int netns_own(struct failure *f)
{
	int fd = openat(AT_FDCWD, "/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return fail_errno(f, errno, "open our own network namespace");
	return fd;
}

int netns_of_socket(int socket_fd, struct failure *f)
{
	const int fd = ioctl(socket_fd, SIOCGSKNS); /* close-on-exec */

	/* The kernel requires CAP_NET_ADMIN for the ioctl, but not every verb needs that. */
	return fd >= 0 ? fd : netns_own(f);
}

int netns_stat(int fd, struct netns_id *id, struct failure *f)
{
	struct stat st;
	if (fstat(fd, &st) < 0)
		return fail_errno(f, errno, "identify a network namespace");
	*id = (struct netns_id){ .dev = st.st_dev, .inode = st.st_ino };
	return 0;
}

uint64_t netns_cookie(int socket_fd)
{
	uint64_t cookie = 0;
	socklen_t size = sizeof cookie;
	if (getsockopt(socket_fd, SOL_SOCKET, SO_NETNS_COOKIE, &cookie, &size) < 0)
		return 0;
	return cookie;
}

bool netns_same(const struct netns_id *a, const struct netns_id *b)
{
	if (a->cookie && b->cookie)
		return a->cookie == b->cookie;
	return a->dev == b->dev && a->inode == b->inode;
}

int netns_visit(int home, int there, int (*inside)(void *data, struct failure *f), void *data,
                struct failure *f)
{
	if (setns(there, CLONE_NEWNET) < 0)
		return fail(f, failure_code(errno),
		            errno == EPERM ? "it takes root, with CAP_SYS_ADMIN"
		                           : errno_text(errno),
		            "enter the container's network namespace");
	int done = inside(data, f);
	if (setns(home, CLONE_NEWNET) < 0) {
		perror("podtap: cannot return from the container's network namespace");
		abort();
	}
	return done;
}
