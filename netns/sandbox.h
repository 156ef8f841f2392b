/* SPDX-License-Identifier: Apache-2.0 */
/* A container's network namespace with all we need inside it, opened in one visit. */
#ifndef NETNS_SANDBOX_H
#define NETNS_SANDBOX_H

#include "netns/netns.h"
#include "netns/rtnl.h"

#include <sys/types.h>

struct sandbox {
	int netns;          /* the namespace */
	struct netns_id id; /* with its cookie */
	struct rtnl rtnl;   /* a socket inside */
	int ipv6;   /* its /proc/sys/net/ipv6/conf; -1: a kernel without IPv6, or not asked for */
	int sysfs;  /* its sysfs, attached nowhere; -1: not asked for, or `events` serve instead */
	int events; /* hears of the devices made in it, see netns/uevent.h; -1: not asked for */
	int arp;    /* a packet socket for ARP; -1: not asked for */
};

#define SANDBOX_CLOSED                                                                    \
	{                                                                                 \
		.netns = -1, .rtnl = { .fd = -1 }, .ipv6 = -1, .sysfs = -1, .events = -1, \
		.arp = -1                                                                 \
	}

/* What is opened only where it is needed. SANDBOX_EVENTS is for who makes a tap: it opens `sysfs`
 * where events cannot be trusted; closing that waits for the kernel, as long as making a tap takes.
 */
enum { SANDBOX_SYSFS = 1, SANDBOX_ARP = 2, SANDBOX_IPV6 = 4, SANDBOX_EVENTS = 8 };

void sandbox_release(struct sandbox *s);

/* Takes over a namespace's descriptor and opens the rest inside; `extras` are SANDBOX_* bits. On
 * failure nothing stays open. */
int sandbox_open(struct sandbox *s, int home, int netns, unsigned extras,
                 struct failure *f) MUST_CHECK;

/* The device number of the tap of a link just made in it. Opened with SANDBOX_EVENTS. */
int sandbox_tap_made(const struct sandbox *s, uint32_t ifindex, dev_t *number,
                     struct failure *f) MUST_CHECK;

/* Writes one of an interface's IPv6 settings (a file of its directory in s->ipv6). Success, with
 * nothing done, where the kernel has no IPv6. To be opened with SANDBOX_IPV6. */
int sandbox_ipv6_set(const struct sandbox *s, const char *ifname, const char *setting, int value,
                     struct failure *f) MUST_CHECK;

#endif
