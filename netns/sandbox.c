/* SPDX-License-Identifier: Apache-2.0 */
/* Opening a container's namespace in one visit. All later work uses the descriptors opened there.
 */
#include "netns/sandbox.h"

#include "netns/arp.h"
#include "netns/link.h"
#include "netns/tap.h"
#include "netns/uevent.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/mount.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>

/* Mount a file system that is attached nowhere. Returns its root, or -1 with errno. glibc 2.36
 * declares the calls in sys/mount.h, which conflicts with linux/mount.h. */
static int mount_open(const char *type, unsigned attributes)
{
	OWNED(fd_release) int context = (int)syscall(SYS_fsopen, type, FSOPEN_CLOEXEC);
	if (context < 0 || syscall(SYS_fsconfig, context, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return -1;
	return (int)syscall(SYS_fsmount, context, FSMOUNT_CLOEXEC,
	                    attributes | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
}

static const struct {
	const char *name;
	const char *directory;
} families[SETTINGS_KINDS] = {
	[SETTINGS_IPV4] = { "ipv4", "sys/net/ipv4/conf" },
	[SETTINGS_IPV6] = { "ipv6", "sys/net/ipv6/conf" },
};

const char *settings_name(enum settings family)
{
	return families[family].name;
}

/* Open the root of a procfs: one of our own, or /proc where the kernel refuses that, as in some
 * containers. In /proc the kernel compares the settings of all namespaces to find those of this
 * one, and its settings may be read-only. Returns -1 with errno. */
static int procfs_open(void)
{
	const int own = mount_open("proc", 0);

	return own >= 0 ? own : openat(AT_FDCWD, "/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* Open the directory of settings itself: sys/net would later resolve in our own namespace. */
static int settings_open(struct sandbox *s, unsigned extras, struct failure *f)
{
	const bool wanted = extras & (SANDBOX_IPV4 | SANDBOX_IPV6);

	if (wanted && (s->procfs = procfs_open()) < 0)
		return fail_errno(f, errno, "open /proc");
	for (unsigned family = 0; family < SETTINGS_KINDS; family++) {
		if (!(extras & (unsigned)SANDBOX_IPV4 << family))
			continue;
		s->settings[family] = openat(s->procfs, families[family].directory,
		                             O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (s->settings[family] < 0 && errno != ENOENT)
			return fail_errno(f, errno, "open the container's %s settings",
			                  families[family].name);
	}
	return 0;
}

static int open_sysfs_inside(void *data, struct failure *f)
{
	struct sandbox *s = data;

	s->sysfs = mount_open("sysfs", MOUNT_ATTR_RDONLY);
	return s->sysfs < 0 ? fail_errno(f, errno, "look at the container's devices (sysfs)") : 0;
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
	if (settings_open(s, v->extras, f) < 0)
		return -1;
	if (v->extras & SANDBOX_EVENTS && (s->events = uevent_open()) < 0)
		return fail_errno(f, errno, "listen for the container's devices");
	if (v->extras & SANDBOX_SYSFS && open_sysfs_inside(s, f) < 0)
		return -1;
	if (v->extras & SANDBOX_ARP && (s->arp = arp_open()) < 0)
		return fail_errno(f, errno, "open a socket for ARP in the container");
	return 0;
}

void sandbox_release(struct sandbox *s)
{
	fd_release(&s->arp);
	fd_release(&s->events);
	fd_release(&s->sysfs);
	for (size_t i = 0; i < SETTINGS_KINDS; i++)
		fd_release(&s->settings[i]);
	rtnl_release(&s->rtnl);
	fd_release(&s->netns);
	fd_release(&s->procfs);
}

void sandbox_leave_mounts(struct sandbox *s)
{
	s->sysfs = s->procfs = -1;
}

int sandbox_open(struct sandbox *s, int home, int netns, unsigned extras, struct failure *f)
{
	struct visit visit = { s, extras };

	if (extras & SANDBOX_EVENTS && !uevent_trusted(netns))
		visit.extras ^= SANDBOX_EVENTS | SANDBOX_SYSFS;
	*s = (struct sandbox)SANDBOX_CLOSED;
	s->home = home;
	s->netns = netns;
	if (netns_stat(netns, &s->id, f) < 0 ||
	    netns_visit(home, netns, open_inside, &visit, f) < 0) {
		sandbox_release(s);
		return -1;
	}
	return 0;
}

int sandbox_delete_link(struct sandbox *s, uint32_t index, struct failure *f)
{
	return s->early ? link_delete_early(&s->rtnl, index, f) : link_delete(&s->rtnl, index, f);
}

enum found sandbox_tap_number(struct sandbox *s, uint32_t ifindex, dev_t *number, struct failure *f)
{
	if (s->sysfs < 0 && netns_visit(s->home, s->netns, open_sysfs_inside, s, f) < 0)
		return FOUND_FAILED;
	return tap_number(s->sysfs, ifindex, number, f);
}

int sandbox_tap_made(const struct sandbox *s, uint32_t ifindex, dev_t *number, struct failure *f)
{
	if (s->events >= 0)
		return uevent_tap_number(s->events, ifindex, number, f);
	const enum found made = tap_number(s->sysfs, ifindex, number, f);
	return made ? (made == FOUND_FAILED ? -1 : 0)
	            : fail(f, CNI_AGAIN, "the link has no device any more",
	                   "find the tap of ifindex %u", ifindex);
}

/* Whether the kernel waits for other processes that change links, even if the value stays the same.
 */
static bool waits_for_others(const char *name)
{
	return strcmp(name, "disable_ipv6") == 0;
}

/* Open the file of a setting. Returns the descriptor, or -1 with errno. */
static int setting_open(const struct sandbox *s, enum settings family, const char *ifname,
                        const char *name, int flags)
{
	char path[NAME_MAX];

	snprintf(path, sizeof path, "%s/%s", ifname, name);
	return openat(s->settings[family], path, flags | O_CLOEXEC);
}

int sandbox_set(const struct sandbox *s, enum settings family, const char *ifname, const char *name,
                int value, struct failure *f)
{
	const bool look = waits_for_others(name);
	char text[16], there[16] = "";

	if (s->settings[family] < 0)
		return 0;
	const int length = snprintf(text, sizeof text, "%d\n", value);
	OWNED(fd_release)
	int fd = setting_open(s, family, ifname, name, look ? O_RDWR : O_WRONLY);
	if (fd >= 0 && look && pread(fd, there, sizeof there - 1, 0) > 0 &&
	    strcmp(there, text) == 0)
		return 0;
	if (fd >= 0 && write(fd, text, (size_t)length) == length)
		return 0;
	const int err = errno;
	fail_errno(f, err, "set net.%s.conf.%s.%s to %d", settings_name(family), ifname, name,
	           value);
	errno = err;
	return -1;
}

int sandbox_get(const struct sandbox *s, enum settings family, const char *ifname, const char *name,
                int *value, struct failure *f)
{
	char text[16] = "";

	OWNED(fd_release) int fd = setting_open(s, family, ifname, name, O_RDONLY);
	const ssize_t got = fd < 0 ? -1 : pread(fd, text, sizeof text - 1, 0);
	if (got <= 0) {
		const int err = got < 0 ? errno : ENODATA;
		fail_errno(f, err, "read net.%s.conf.%s.%s", settings_name(family), ifname, name);
		errno = err;
		return -1;
	}
	*value = (int)strtol(text, NULL, 10);
	return 0;
}
