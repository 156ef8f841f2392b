/* SPDX-License-Identifier: Apache-2.0 */
/* Opening a container's namespace: one visit, and everything later goes through what it opened. */
#include "netns/sandbox.h"

#include "netns/arp.h"
#include "netns/tap.h"
#include "netns/uevent.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/mount.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>

/* glibc 2.36 declares these in sys/mount.h, which does not go together with linux/mount.h. */
static int sysfs_open(void)
{
	OWNED(fd_release) int context = (int)syscall(SYS_fsopen, "sysfs", FSOPEN_CLOEXEC);
	if (context < 0 || syscall(SYS_fsconfig, context, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return -1;
	return (int)syscall(SYS_fsmount, context, FSMOUNT_CLOEXEC,
	                    MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV |
	                            MOUNT_ATTR_NOEXEC);
}

/* Opened deep: /proc/sys/net itself would resolve in whatever namespace we are in later. */
static int ipv6_open(struct sandbox *s)
{
	s->ipv6 = open("/proc/sys/net/ipv6/conf", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return s->ipv6 < 0 && errno != ENOENT ? -1 : 0;
}

struct visit {
	struct sandbox *sandbox;
	unsigned extras;
};

static int open_inside(void *data, struct failure *f)
{
	const struct visit *v = data;
	struct sandbox *s = v->sandbox;

	if (rtnl_open(&s->rtnl, f) < 0)
		return -1;
	s->id.cookie = netns_cookie(s->rtnl.fd);
	if (v->extras & SANDBOX_IPV6 && ipv6_open(s) < 0)
		return fail_errno(f, errno, "open the container's IPv6 settings");
	if (v->extras & SANDBOX_EVENTS && (s->events = uevent_open()) < 0)
		return fail_errno(f, errno, "listen for the container's devices");
	if (v->extras & SANDBOX_SYSFS && (s->sysfs = sysfs_open()) < 0)
		return fail_errno(f, errno, "look at the container's devices (sysfs)");
	if (v->extras & SANDBOX_ARP && (s->arp = arp_open()) < 0)
		return fail_errno(f, errno, "open a socket for ARP in the container");
	return 0;
}

void sandbox_release(struct sandbox *s)
{
	fd_release(&s->arp);
	fd_release(&s->events);
	fd_release(&s->sysfs);
	fd_release(&s->ipv6);
	rtnl_release(&s->rtnl);
	fd_release(&s->netns);
}

int sandbox_open(struct sandbox *s, int home, int netns, unsigned extras, struct failure *f)
{
	struct visit visit = { s, extras };

	if (extras & SANDBOX_EVENTS && !uevent_trusted(netns))
		visit.extras ^= SANDBOX_EVENTS | SANDBOX_SYSFS;
	*s = (struct sandbox)SANDBOX_CLOSED;
	s->netns = netns;
	if (netns_stat(netns, &s->id, f) < 0 ||
	    netns_visit(home, netns, open_inside, &visit, f) < 0) {
		sandbox_release(s);
		return -1;
	}
	return 0;
}

int sandbox_tap_made(const struct sandbox *s, uint32_t ifindex, dev_t *number, struct failure *f)
{
	if (s->events >= 0)
		return uevent_tap_number(s->events, ifindex, number, f);
	const int made = tap_number(s->sysfs, ifindex, number, f);
	return made ? (made < 0 ? -1 : 0)
	            : fail(f, CNI_AGAIN, "the link has no device any more",
	                   "find the tap of ifindex %u", ifindex);
}

int sandbox_ipv6_set(const struct sandbox *s, const char *ifname, const char *setting, int value,
                     struct failure *f)
{
	char path[NAME_MAX], text[16], there[16] = "";

	if (s->ipv6 < 0)
		return 0;
	snprintf(path, sizeof path, "%s/%s", ifname, setting);
	const int length = snprintf(text, sizeof text, "%d\n", value);
	OWNED(fd_release) int fd = openat(s->ipv6, path, O_RDWR | O_CLOEXEC);
	/* For some the kernel waits for others who change links, whatever is written. */
	if (fd >= 0 && pread(fd, there, sizeof there - 1, 0) > 0 && strcmp(there, text) == 0)
		return 0;
	if (fd < 0 || write(fd, text, (size_t)length) != length)
		return fail_errno(f, errno, "set net.ipv6.conf/%s to %d", path, value);
	return 0;
}
