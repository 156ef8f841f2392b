/* SPDX-License-Identifier: Apache-2.0 */
/* A container's network namespace with all we need inside it, opened in one visit. */
#ifndef NETNS_SANDBOX_H
#define NETNS_SANDBOX_H

#include "netns/netns.h"
#include "netns/rtnl.h"

#include <sys/types.h>

/* Settings of links, by family: its /proc/sys/net/ipv4/conf and /proc/sys/net/ipv6/conf. */
enum settings { SETTINGS_IPV4, SETTINGS_IPV6, SETTINGS_KINDS };

struct sandbox {
	int netns;                    /* the namespace */
	struct netns_id id;           /* with its cookie */
	struct rtnl rtnl;             /* a socket inside */
	int settings[SETTINGS_KINDS]; /* see enum settings; -1: not asked for, or not in the kernel
	                               */
	int sysfs;  /* its sysfs, attached nowhere; -1: not asked for, or `events` serve instead */
	int events; /* hears of the devices made in it, see netns/uevent.h; -1: not asked for */
	int arp;    /* a packet socket for ARP; -1: not asked for */
};

#define SANDBOX_CLOSED                                                                  \
	{                                                                               \
		.netns = -1, .rtnl = { .fd = -1 }, .settings = { -1, -1 }, .sysfs = -1, \
		.events = -1, .arp = -1                                                 \
	}

/* What is opened only where it is needed. SANDBOX_EVENTS is for who makes a tap: it opens `sysfs`
 * where events cannot be trusted; closing that waits for the kernel, as long as making a tap takes.
 */
enum {
	SANDBOX_SYSFS = 1,
	SANDBOX_ARP = 2,
	SANDBOX_IPV4 = 4 << SETTINGS_IPV4,
	SANDBOX_IPV6 = 4 << SETTINGS_IPV6,
	SANDBOX_EVENTS = 16,
};

void sandbox_release(struct sandbox *s);

/* Takes over a namespace's descriptor and opens the rest inside; `extras` are SANDBOX_* bits. On
 * failure nothing stays open. */
int sandbox_open(struct sandbox *s, int home, int netns, unsigned extras,
                 struct failure *f) MUST_CHECK;

/* The device number of the tap of a link just made in it. Opened with SANDBOX_EVENTS. */
int sandbox_tap_made(const struct sandbox *s, uint32_t ifindex, dev_t *number,
                     struct failure *f) MUST_CHECK;

/* Writes a setting of an interface. Success, with nothing done, where the kernel does not have the
 * family. To be opened with SANDBOX_IPV4 or SANDBOX_IPV6. Fails with errno the kernel's. */
int sandbox_set(const struct sandbox *s, enum settings family, const char *ifname, const char *name,
                int value, struct failure *f) MUST_CHECK;

/* Reads one. Fails with errno the kernel's. */
int sandbox_get(const struct sandbox *s, enum settings family, const char *ifname, const char *name,
                int *value, struct failure *f) MUST_CHECK;

/* The family's name: "ipv4", "ipv6". */
const char *settings_name(enum settings family);

#endif
