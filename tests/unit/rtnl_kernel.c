/* SPDX-License-Identifier: Apache-2.0 */
/* Netlink sockets in a namespace where others are root: their messages and filters change nothing,
 * and prolong no wait. */
#include "base/owned.h"
#include "netns/bounds.h"
#include "netns/link.h"
#include "netns/link_watch.h"
#include "netns/uevent.h"
#include "tests/unit/unit.h"

#include <errno.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <sched.h>
#include <sys/socket.h>

/* Two sockets of the kernel's own, in a namespace where nobody else is. */
static bool kernel_open(struct verdict *v, struct rtnl *ours, struct rtnl *other)
{
	struct failure f = { 0 };
	const bool open =
	        unshare(CLONE_NEWNET) == 0 && rtnl_open(ours, &f) == 0 && rtnl_open(other, &f) == 0;

	expect(v, open, "errno %d: %s", errno, f.details);
	return open;
}

/* Has the socket overflow with events, so that the next answer is lost. */
static bool overflow(struct verdict *v, struct rtnl *ours, struct rtnl *other)
{
	const int room = 1;
	struct failure f = { 0 };

	if (!kernel_open(v, ours, other) || rtnl_join(ours, RTNLGRP_LINK) < 0 ||
	    setsockopt(ours->fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof room) < 0)
		return false;
	for (unsigned i = 0; i < 16; i++) {
		const int done = link_flags(other, 1, i % 2 ? 0 : IFF_UP, i % 2 ? IFF_UP : 0, &f);
		expect(v, done == 0, "%s", f.details);
	}
	return true;
}

static void an_overflowed_socket_is_drained_before_the_next_request(struct verdict *v)
{
	OWNED(rtnl_release) struct rtnl ours = { .fd = -1 };
	OWNED(rtnl_release) struct rtnl other = { .fd = -1 };
	struct failure f = { 0 }, later = { 0 };

	if (!overflow(v, &ours, &other))
		abort();
	expect(v, link_flags(&ours, 1, IFF_UP, 0, &f) < 0 && errno == ENOBUFS, "errno %d", errno);
	expect(v, f.code == CNI_AGAIN && strstr(f.details, "overflowed"), "%d %s", f.code,
	       f.details);
	expect(v, rtnl_leave(&ours, RTNLGRP_LINK) == 0, "errno %d", errno);
	for (int i = 0; i < 3; i++)
		expect(v, link_flags(&ours, 1, i % 2 ? 0 : IFF_UP, i % 2 ? IFF_UP : 0, &later) == 0,
		       "call %d: %s", i, later.details);
}

static void a_request_with_a_lost_answer_is_repeated(struct verdict *v)
{
	OWNED(rtnl_release) struct rtnl ours = { .fd = -1 };
	OWNED(rtnl_release) struct rtnl other = { .fd = -1 };
	struct failure f = { 0 };
	struct link link;

	if (!overflow(v, &ours, &other))
		abort();
	expect(v, link_by_index(&ours, 1, &link, &f) == 1, "%s", f.details);
	expect(v, strcmp(link.name, "lo") == 0, "it is %s", link.name);
}

/* The port of a socket of the kernel's. */
static uint32_t port_of(const struct rtnl *nl)
{
	struct sockaddr_nl self = { .nl_pid = 0 };
	socklen_t size = sizeof self;

	if (getsockname(nl->fd, (struct sockaddr *)&self, &size) < 0 || !self.nl_pid)
		abort();
	return self.nl_pid;
}

static int forgery_send(uint32_t port, uint32_t group, uint32_t seq)
{
	const struct {
		struct nlmsghdr header;
		struct nlmsgerr answer;
	} forged = { { .nlmsg_len = sizeof forged,
		       .nlmsg_type = NLMSG_ERROR,
		       .nlmsg_flags = NLM_F_CAPPED,
		       .nlmsg_seq = seq,
		       .nlmsg_pid = port },
		     { .error = -EPERM } };
	const struct sockaddr_nl to = { .nl_family = AF_NETLINK,
		                        .nl_pid = group ? 0 : port,
		                        .nl_groups = group };
	OWNED(fd_release) int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

	return sendto(fd, &forged, sizeof forged, 0, (const struct sockaddr *)&to, sizeof to) < 0
	               ? -1
	               : 0;
}

static void only_the_kernel_can_send_to_our_socket(struct verdict *v)
{
	OWNED(rtnl_release) struct rtnl ours = { .fd = -1 };
	OWNED(rtnl_release) struct rtnl other = { .fd = -1 };
	OWNED(fd_release) int events = -1;
	struct rtnl devices;

	if (!kernel_open(v, &ours, &other) || (events = uevent_open()) < 0)
		abort();
	expect(v, forgery_send(port_of(&ours), 0, 1) < 0 && errno == ECONNREFUSED, "errno %d",
	       errno);
	devices = (struct rtnl){ .fd = events };
	const struct sockaddr_nl to = { .nl_family = AF_NETLINK, .nl_pid = port_of(&devices) };
	OWNED(fd_release)
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_KOBJECT_UEVENT);
	expect(v,
	       sendto(fd, "add", 4, 0, (const struct sockaddr *)&to, sizeof to) < 0 &&
	               errno == ECONNREFUSED,
	       "devices: errno %d", errno);
}

/* To a group, root of the namespace can send. */
static void an_answer_forged_to_a_group_is_ignored(struct verdict *v)
{
	OWNED(rtnl_release) struct rtnl ours = { .fd = -1 };
	OWNED(rtnl_release) struct rtnl other = { .fd = -1 };
	struct failure f = { 0 };
	struct link link;

	if (!kernel_open(v, &ours, &other) || rtnl_join(&ours, RTNLGRP_LINK) < 0)
		abort();
	expect(v, forgery_send(ours.port, RTMGRP_LINK, ours.seq + 1) == 0, "errno %d", errno);
	expect(v, link_by_index(&ours, 1, &link, &f) == 1, "%s", f.details);
	expect(v, strcmp(link.name, "lo") == 0, "it is %s", link.name);
}

/* Gives lo alternative names of 127 characters, as many as it takes. */
static bool names_add(struct rtnl *nl, unsigned first, unsigned n)
{
	struct failure f = { 0 };
	struct rtnl_req r;
	char name[128];
	struct ifinfomsg *link =
	        req_begin(&r, RTM_NEWLINKPROP, NLM_F_CREATE | NLM_F_EXCL, sizeof *link);

	link->ifi_index = 1;
	struct nlattr *list = req_nest(&r, IFLA_PROP_LIST | NLA_F_NESTED);
	for (unsigned i = first; i < first + n; i++) {
		snprintf(name, sizeof name, "%0127u", i);
		req_str(&r, IFLA_ALT_IFNAME, name);
	}
	req_end(&r, list);
	return rtnl_call(nl, &r, &f, "name lo") == 0;
}

static void an_answer_may_have_any_size(struct verdict *v)
{
	enum { NAMES = 490, AT_ONCE = 49 };
	OWNED(rtnl_release) struct rtnl ours = { .fd = -1 };
	OWNED(rtnl_release) struct rtnl other = { .fd = -1 };
	struct failure f = { 0 };
	struct link link;

	if (!kernel_open(v, &ours, &other))
		abort();
	for (unsigned i = 0; i < NAMES; i += AT_ONCE)
		expect(v, names_add(&other, i, AT_ONCE), "name %u: errno %d", i, errno);
	expect(v, link_by_index(&ours, 1, &link, &f) == 1, "%s", f.details);
	expect(v, strcmp(link.name, "lo") == 0, "it is %s", link.name);
	expect(v, link_by_name(&ours, "lo", &link, &f) == 1, "again: %s", f.details);
}

static void on_link(const struct link *link, bool gone, void *data)
{
	(void)gone;
	if (link->index == 1)
		*(unsigned *)data = link->flags;
}

static void links_change(struct verdict *v, struct rtnl *nl, int times)
{
	struct failure f = { 0 };

	for (int i = 0; i < times; i++) {
		const int done = link_flags(nl, 1, i % 2 ? 0 : IFF_UP, i % 2 ? IFF_UP : 0, &f);
		expect(v, done == 0, "%s", f.details);
	}
}

static void no_link_change_is_missed_after_an_overflow(struct verdict *v)
{
	OWNED(rtnl_release) struct rtnl other = { .fd = -1 };
	OWNED(rtnl_release) struct rtnl third = { .fd = -1 };
	OWNED(link_watch_release) struct link_watch watch = { .nl = { .fd = -1 } };
	struct failure f = { 0 };
	unsigned flags = 0;
	const int room = 1;

	if (!kernel_open(v, &other, &third) || link_watch_open(&watch, &f) < 0 ||
	    setsockopt(watch.nl.fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof room) < 0)
		abort();
	links_change(v, &other, 16);
	expect(v, link_watch_read(&watch, on_link, &flags, &f) == 0, "nothing is missing");
	links_change(v, &other, 1);
	expect(v, link_watch_read(&watch, on_link, &flags, &f) == 1, "something is missing again");
	expect(v, flags & IFF_UP, "the last change was not told");
}

/* A process that changes links for ever must not block the reader. */
static void one_read_of_notifications_ends(struct verdict *v)
{
	OWNED(rtnl_release) struct rtnl other = { .fd = -1 };
	OWNED(rtnl_release) struct rtnl third = { .fd = -1 };
	OWNED(link_watch_release) struct link_watch watch = { .nl = { .fd = -1 } };
	struct failure f = { 0 };
	const int room = 64 << 20;
	unsigned flags = 0;

	if (!kernel_open(v, &other, &third) || link_watch_open(&watch, &f) < 0 ||
	    setsockopt(watch.nl.fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room) < 0)
		abort();
	links_change(v, &other, BOUND_NEWS + 1);
	expect(v, link_watch_read(&watch, on_link, &flags, &f) == 1 && !(flags & IFF_UP),
	       "all was read at once");
	expect(v, link_watch_read(&watch, on_link, &flags, &f) == 1 && flags & IFF_UP,
	       "the rest was not read");
}

int main(void)
{
	static const struct unit units[] = {
		UNIT(an_overflowed_socket_is_drained_before_the_next_request),
		UNIT(a_request_with_a_lost_answer_is_repeated),
		UNIT(only_the_kernel_can_send_to_our_socket),
		UNIT(an_answer_forged_to_a_group_is_ignored),
		UNIT(an_answer_may_have_any_size),
		UNIT(no_link_change_is_missed_after_an_overflow),
		UNIT(one_read_of_notifications_ends),
	};

	return units_run(units, COUNT_OF(units));
}
