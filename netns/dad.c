/* SPDX-License-Identifier: Apache-2.0 */
/* Waiting for IPv6 duplicate address detection by the kernel's events, never by the clock alone. */
#include "base/clock.h"
#include "netns/addr.h"
#include "netns/link.h"

#include <errno.h>
#include <linux/if.h>
#include <linux/if_addr.h>
#include <poll.h>
#include <sys/socket.h>

int addr_listen(struct rtnl *nl, struct failure *f)
{
	if (rtnl_join(nl, RTNLGRP_IPV6_IFADDR) < 0)
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

/* Wait for data on the socket. The census finds out what it is. Returns false on timeout. */
static bool event_wait(const struct rtnl *nl, int64_t milliseconds)
{
	struct pollfd heard = { .fd = nl->fd, .events = POLLIN };

	return milliseconds > 0 && poll(&heard, 1, (int)milliseconds) != 0;
}

static int time_is_over(struct rtnl *nl, uint32_t ifindex, int seconds, struct failure *f)
{
	struct link link;
	enum found found = link_by_index(nl, ifindex, &link, f);
	if (found == FOUND_FAILED)
		return -1;
	if (found && link.operstate == IF_OPER_UP)
		return fail(f, CNI_AGAIN, "duplicate address detection has not ended",
		            "wait %d s for the IPv6 addresses of link %u", seconds, ifindex);
	return ADDR_UNPROVED;
}

/* Count the link's addresses. Returns 1; 0 if events displaced the answer; or -1. */
static int census_count(struct rtnl *nl, uint32_t ifindex, struct census *c, struct failure *f)
{
	struct failure refusal;

	failure_clear(&refusal);
	*c = (struct census){ 0 };
	if (addr_each(nl, ifindex, AF_INET6, count, c, &refusal) == 0)
		return 1;
	return errno == ENOBUFS || errno == ETIMEDOUT ? 0 : failure_pass(f, &refusal);
}

/* Wait until a census ends the wait. Returns 1 with that census, 0 on timeout, or -1. */
static int census_await(struct rtnl *nl, uint32_t ifindex, int64_t deadline, struct census *c,
                        struct failure *f)
{
	for (int64_t left; (left = deadline - clock_milliseconds()) > 0;) {
		const int counted = census_count(nl, ifindex, c, f);
		if (counted < 0 || (counted && (c->failed || !c->tentative)))
			return counted;
		/* An event that the census passed over may be newer than its answer. */
		if (counted && !nl->passed && !event_wait(nl, left))
			return 0;
		if (rtnl_drain(nl) < 0 && errno != ENOBUFS)
			return fail_errno(f, errno, "listen for changes of IPv6 addresses");
	}
	return 0;
}

int addr_dad_wait(struct rtnl *nl, uint32_t ifindex, int seconds, struct cidr *duplicate,
                  struct failure *f)
{
	const int64_t deadline = clock_milliseconds() + (int64_t)seconds * 1000;
	struct census c;
	int found = census_await(nl, ifindex, deadline, &c, f);

	/* Without events the socket is reliable again, for the last look and for later requests. */
	if (rtnl_leave(nl, RTNLGRP_IPV6_IFADDR) < 0)
		return fail_errno(f, errno, "stop listening for changes of IPv6 addresses");
	/* This look comes after the deadline, also if this process was delayed. */
	if (found == 0) {
		c = (struct census){ 0 };
		found = addr_each(nl, ifindex, AF_INET6, count, &c, f);
	}
	if (found < 0)
		return -1;
	if (c.failed) {
		*duplicate = c.duplicate;
		return ADDR_DUPLICATE;
	}
	return c.tentative ? time_is_over(nl, ifindex, seconds, f) : ADDR_UNIQUE;
}
