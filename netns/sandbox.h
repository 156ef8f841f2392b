/* SPDX-License-Identifier: Apache-2.0 */
/* A container's network namespace with all that podtap needs inside it, opened in one visit. */
#ifndef NETNS_SANDBOX_H
#define NETNS_SANDBOX_H

#include "netns/netns.h"
#include "netns/rtnl.h"

#include <sys/types.h>

/* Settings of links, by family: its /proc/sys/net/ipv4/conf and /proc/sys/net/ipv6/conf. */
enum settings { SETTINGS_IPV4, SETTINGS_IPV6, SETTINGS_KINDS };

struct sandbox {
	int home;                     /* borrowed; the namespace to return to */
	int netns;                    /* the namespace */
	struct netns_id id;           /* with its cookie */
	struct rtnl rtnl;             /* a socket inside */
	int settings[SETTINGS_KINDS]; /* see enum settings; -1: not requested, or not in the kernel
	                               */
	int procfs; /* which has the settings; closing it waits for the kernel, so it comes last */
	int sysfs;  /* its sysfs, attached nowhere; -1: not requested, or `events` replace it */
	int events; /* receives events of its devices, see netns/uevent.h; -1: not requested */
	int arp;    /* a packet socket for ARP; -1: not requested */
	bool early; /* sandbox_delete_link() is link_delete_early() */
};

#define SANDBOX_CLOSED                                                                 \
	{                                                                              \
		.home = -1, .netns = -1, .rtnl = { .fd = -1 }, .settings = { -1, -1 }, \
		.procfs = -1, .sysfs = -1, .events = -1, .arp = -1                     \
	}

/* What to open in addition. SANDBOX_EVENTS is for a call that creates a tap: it opens `sysfs` only
 * if events cannot be trusted. Closing a sysfs waits for the kernel as long as creating a tap
 * takes. */
enum {
	SANDBOX_SYSFS = 1,
	SANDBOX_ARP = 2,
	SANDBOX_IPV4 = 4 << SETTINGS_IPV4,
	SANDBOX_IPV6 = 4 << SETTINGS_IPV6,
	SANDBOX_EVENTS = 16,
};

void sandbox_release(struct sandbox *s);

/* Leave the mounts to the end of the process, which is near. Unmounting waits for the kernel, and
 * after a wait a process continues with cold caches. */
void sandbox_leave_mounts(struct sandbox *s);

/* Open the rest inside a namespace. `extras` are SANDBOX_* bits. Takes ownership of `netns`. On
 * failure nothing stays open. Returns 0 or -1. */
int sandbox_open(struct sandbox *s, int home, int netns, unsigned extras,
                 struct failure *f) MUST_CHECK;

/* Delete a link of the namespace: by link_delete(), unless `early` is set. */
int sandbox_delete_link(struct sandbox *s, uint32_t index, struct failure *f) MUST_CHECK;

/* Read the device number of a macvtap link in the namespace's sysfs. Opens the sysfs, which needs
 * CAP_SYS_ADMIN, unless it is open. Returns as tap_number() does. */
enum found sandbox_tap_number(struct sandbox *s, uint32_t ifindex, dev_t *number,
                              struct failure *f) MUST_CHECK;

/* Find the device number of the tap of a link that was just created in the sandbox. Needs
 * SANDBOX_EVENTS. Returns 0 or -1. */
int sandbox_tap_made(const struct sandbox *s, uint32_t ifindex, dev_t *number,
                     struct failure *f) MUST_CHECK;

/* Write a setting of an interface. Needs SANDBOX_IPV4 or SANDBOX_IPV6. Returns 0, also if the
 * kernel does not have the family and nothing was written, or -1 with the kernel's errno. */
int sandbox_set(const struct sandbox *s, enum settings family, const char *ifname, const char *name,
                int value, struct failure *f) MUST_CHECK;

/* Read a setting. Returns 0, or -1 with the kernel's errno. */
int sandbox_get(const struct sandbox *s, enum settings family, const char *ifname, const char *name,
                int *value, struct failure *f) MUST_CHECK;

/* Returns the family's name: "ipv4" or "ipv6". */
const char *settings_name(enum settings family);

#endif
