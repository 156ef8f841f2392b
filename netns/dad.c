/* SPDX-License-Identifier: Apache-2.0 */
/* Waiting for IPv6 duplicate address detection: by the kernel's events, never by the clock alone.
 */
#include "netns/addr.h"
#include "base/clock.h"
#include "netns/link.h"

#include <errno.h>
#include <linux/if.h>
#include <linux/if_addr.h>
#include <poll.h>
#include <sys/socket.h>

int addr_listen(struct rtnl *nl, struct failure *f)
{
	static const int group = RTNLGRP_IPV6_IFADDR;
	if (setsockopt(nl->fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof group) < 0)
		return fail_errno(f, errno, "listen for changes of IPv6 addresses");
	return 0;
}

struct census {
	bool tentative;
	bool failed;
	struct cidr duplicate;
};

static void count(const struct addr *addr, void *data)
{
	struct census *c = data;
	if (addr->flags & IFA_F_DADFAILED) {
		c->failed = true;
		c->duplicate = addr->address;
	} else if (addr->flags & IFA_F_TENTATIVE && !(addr->flags & IFA_F_OPTIMISTIC)) {
		c->tentative = true;
	}
}

/* Waits for anything to arrive on the socket and drops it: the census is what counts. */
static bool event_wait(const struct rtnl *nl, int milliseconds)
{
	struct pollfd heard = { .fd = nl->fd, .events = POLLIN };
	char bytes[RTNL_REPLY_MAX];

	if (poll(&heard, 1, milliseconds) == 0)
		return false;
	while (recv(nl->fd, bytes, sizeof bytes, MSG_DONTWAIT) > 0)
		;
	return true;
}

static int time_is_over(struct rtnl *nl, uint32_t ifindex, int seconds, struct failure *f)
{
	struct link link;
	int found = link_by_index(nl, ifindex, &link, f);
	if (found < 0)
		return -1;
	if (found && link.operstate == IF_OPER_UP)
		return fail(f, CNI_AGAIN, "duplicate address detection has not ended",
		            "wait %d s for the IPv6 addresses of link %u", seconds, ifindex);
	return 0;
}

int addr_settle(struct rtnl *nl, uint32_t ifindex, int seconds, struct cidr *duplicate,
                struct failure *f)
{
	const int64_t deadline = clock_milliseconds() + (int64_t)seconds * 1000;

	for (;;) {
		/* Taken before the look, so that the last look comes after the deadline, however
		 * long we are held up; but whoever changes addresses all the time does not prolong
		 * it. */
		const int64_t left = deadline - clock_milliseconds();
		struct census c = { 0 };

		if (addr_each(nl, ifindex, AF_INET6, count, &c, f) < 0)
			return -1;
		if (c.failed) {
			*duplicate = c.duplicate;
			return 1;
		}
		if (!c.tentative)
			return 0;
		if (left <= 0 || !event_wait(nl, (int)left))
			return time_is_over(nl, ifindex, seconds, f);
	}
}
