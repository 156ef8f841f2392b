/* SPDX-License-Identifier: Apache-2.0 */
/* Hearing the kernel's events of devices. */
#include "netns/uevent.h"

#include "netns/tap.h"

#include <errno.h>
#include <limits.h>
#include <linux/netlink.h>
#include <linux/nsfs.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

enum {
	FIRST_USER_NS = (int)0xeffffffd, /* the inode of the machine's own, on every kernel */
	KERNEL_GROUP = 1,
	EVENT_MAX = 8192,      /* bytes; the kernel's own are a quarter of that at most */
	EVENTS_ROOM = 8 << 20, /* bytes; for thousands, where by default two hundred fit */
};

bool uevent_trusted(int netns)
{
	OWNED(fd_release) int owner = ioctl(netns, NS_GET_USERNS); /* close-on-exec */
	struct stat st;

	return owner >= 0 && fstat(owner, &st) == 0 && st.st_ino == (unsigned)FIRST_USER_NS;
}

int uevent_open(void)
{
	const struct sockaddr_nl kernel = { .nl_family = AF_NETLINK, .nl_groups = KERNEL_GROUP };
	OWNED(fd_release)
	int fd =
	        socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_KOBJECT_UEVENT);
	const int room = EVENTS_ROOM;

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room) < 0 ||
	    bind(fd, (const struct sockaddr *)&kernel, sizeof kernel) < 0)
		return -1;
	return fd_take(&fd);
}

/* One event, ended by a zero. 0: none of the kernel's, or that there was no room for some, all
 * later than those that can still be read; -1 with errno, EAGAIN when all were read. */
static ssize_t event_read(int fd, char event[static EVENT_MAX])
{
	struct sockaddr_nl from = { .nl_pid = 0 };
	struct iovec part = { event, EVENT_MAX - 1 };
	struct msghdr message = {
		.msg_name = &from, .msg_namelen = sizeof from, .msg_iov = &part, .msg_iovlen = 1
	};
	const ssize_t length = recvmsg(fd, &message, 0);

	if (length < 0)
		return errno == ENOBUFS ? 0 : -1;
	event[length] = '\0';
	return from.nl_pid == 0 && !(message.msg_flags & MSG_TRUNC) ? length : 0;
}

/* The value of a key of an event: a head line, then lines "KEY=value", each ended by a zero. */
static const char *event_value(const char *event, ssize_t length, const char *key)
{
	const char *const end = event + length;
	const size_t n = strlen(key);

	for (const char *line = event; line < end; line += strlen(line) + 1)
		if (strncmp(line, key, n) == 0 && line[n] == '=')
			return line + n + 1;
	return "";
}

static bool number_read(const char *text, unsigned *number)
{
	char *end;
	const unsigned long value = strtoul(text, &end, 10);

	*number = (unsigned)value;
	return *text >= '0' && *text <= '9' && !*end && value <= UINT_MAX;
}

static bool event_tells(const char *event, ssize_t length, const char *tap, dev_t *number)
{
	unsigned class, one;

	if (strcmp(event_value(event, length, "ACTION"), "add") != 0 ||
	    strcmp(event_value(event, length, "SUBSYSTEM"), "macvtap") != 0 ||
	    strcmp(event_value(event, length, "DEVNAME"), tap) != 0 ||
	    !number_read(event_value(event, length, "MAJOR"), &class) ||
	    !number_read(event_value(event, length, "MINOR"), &one))
		return false;
	*number = makedev(class, one);
	return true;
}

int uevent_tap_number(int fd, uint32_t ifindex, dev_t *number, struct failure *f)
{
	char event[EVENT_MAX], tap[TAP_NAME_MAX];
	ssize_t length;

	tap_name(ifindex, tap);
	while ((length = event_read(fd, event)) >= 0)
		if (event_tells(event, length, tap, number))
			return 0;
	return fail(f, failure_code(errno),
	            errno == EAGAIN ? "the kernel's events do not tell" : strerror(errno),
	            "find the device number of %s", tap);
}
