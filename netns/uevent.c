/* SPDX-License-Identifier: Apache-2.0 */
/* Receiving the kernel's events of devices. */
#include "netns/uevent.h"

#include "base/clock.h"
#include "base/errno_text.h"
#include "netns/bounds.h"
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
	FIRST_USER_NS = (int)0xeffffffd, /* the machine's own inode, on every kernel */
	KERNEL_GROUP = 1,
	EVENT_MAX = 8192,      /* bytes; the kernel's events have at most a quarter */
	EVENTS_ROOM = 8 << 20, /* bytes, for thousands; the default fits two hundred */
};

bool uevent_trusted(int netns)
{
	OWNED(fd_release) int owner = ioctl(netns, NS_GET_USERNS); /* close-on-exec */
	struct stat st;

	return owner >= 0 && fstat(owner, &st) == 0 && st.st_ino == (unsigned)FIRST_USER_NS;
}

int uevent_open(void)
{
	static const struct sockaddr_nl self = { .nl_family = AF_NETLINK,
		                                 .nl_groups = KERNEL_GROUP },
	                                kernel = { .nl_family = AF_NETLINK };
	OWNED(fd_release)
	int fd =
	        socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_KOBJECT_UEVENT);
	const int room = EVENTS_ROOM;

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room) < 0 ||
	    bind(fd, (const struct sockaddr *)&self, sizeof self) < 0 ||
	    connect(fd, (const struct sockaddr *)&kernel, sizeof kernel) < 0)
		return -1;
	return fd_take(&fd);
}

/* Read one event, which ends in a zero. Returns its length; 0 if it is not the kernel's; or -1 with
 * errno: EAGAIN when all were read, ENOBUFS if some were lost. */
static ssize_t event_read(int fd, char event[static EVENT_MAX])
{
	struct sockaddr_nl from = { .nl_pid = 0 };
	struct iovec part = { event, EVENT_MAX - 1 };
	struct msghdr message = {
		.msg_name = &from, .msg_namelen = sizeof from, .msg_iov = &part, .msg_iovlen = 1
	};
	const ssize_t length = recvmsg(fd, &message, 0);

	if (length < 0)
		return -1;
	event[length] = '\0';
	return from.nl_pid == 0 && !(message.msg_flags & MSG_TRUNC) ? length : 0;
}

/* Find the value of a key in an event: a head line, then lines "KEY=value", each ended by a zero.
 */
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

static const char *why_unheard(int err, bool overflowed)
{
	if (overflowed)
		return "there were more events than fit, and those of the tap were lost";
	return err == EAGAIN ? "the kernel's events do not tell" : errno_text(err);
}

int uevent_tap_number(int fd, uint32_t ifindex, dev_t *number, struct failure *f)
{
	char event[EVENT_MAX], tap[TAP_NAME_MAX];
	bool overflowed = false;
	int64_t deadline = 0;

	tap_name(ifindex, tap);
	for (unsigned i = 0;; i++) {
		const ssize_t length = event_read(fd, event);
		if (length > 0 && event_tells(event, length, tap, number))
			return 0;
		/* Lost events are later than those that can still be read. */
		overflowed |= length < 0 && errno == ENOBUFS;
		if (length < 0 && errno != ENOBUFS)
			break;
		/* Root of the container may send faster than this loop reads. */
		if (i % BOUND_NEWS != BOUND_NEWS - 1)
			continue;
		errno = ETIMEDOUT;
		if (!deadline)
			deadline = clock_milliseconds() + BOUND_EVENTS_MS;
		else if (clock_milliseconds() > deadline)
			break;
	}
	const int err = errno;
	return fail(f, overflowed ? CNI_AGAIN : failure_code(err), why_unheard(err, overflowed),
	            "find the device number of %s", tap);
}
