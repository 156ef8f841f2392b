/* SPDX-License-Identifier: Apache-2.0 */
/* The lower bound of an endpoint's cost: a process that only sends the request that makes or
 * deletes the link. Its arguments have all that it needs; tests/docs/bench.bats lists its system
 * calls. */
#include <fcntl.h>
#include <libmnl/libmnl.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { REQUEST_MAX = 512, REPLY_MAX = 1024 }; /* bytes */

static int usage(void)
{
	fputs("floor ADD NETNS KIND MASTER-INDEX NAME INDEX\nfloor DEL NETNS NAME\n", stderr);
	return 2;
}

static uint32_t number(const char *text)
{
	return (uint32_t)strtoul(text, NULL, 10);
}

static struct ifinfomsg *begin(struct nlmsghdr *request, uint16_t type, uint16_t flags)
{
	mnl_nlmsg_put_header(request);
	request->nlmsg_type = type;
	request->nlmsg_flags = (uint16_t)(NLM_F_REQUEST | NLM_F_ACK | flags);
	return mnl_nlmsg_put_extra_header(request, sizeof(struct ifinfomsg));
}

/* Sends the request and waits for its acknowledgement: the exit code. */
static int call(const struct nlmsghdr *request)
{
	char reply[REPLY_MAX] __attribute__((aligned(NLMSG_ALIGNTO)));
	const int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

	if (fd < 0 || send(fd, request, request->nlmsg_len, 0) < 0 ||
	    recv(fd, reply, sizeof reply, 0) < (ssize_t)sizeof(struct nlmsgerr)) {
		perror("floor");
		return 1;
	}
	const struct nlmsghdr *answer = (const struct nlmsghdr *)reply;
	const struct nlmsgerr *ack = mnl_nlmsg_get_payload(answer);
	if (answer->nlmsg_type != NLMSG_ERROR || ack->error) {
		fprintf(stderr, "floor: %s\n", strerror(-ack->error));
		return 1;
	}
	return 0;
}

static int add(struct nlmsghdr *request, int netns, char **argv)
{
	struct ifinfomsg *link = begin(request, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL);

	link->ifi_index = (int)number(argv[6]);
	mnl_attr_put_strz(request, IFLA_IFNAME, argv[5]);
	mnl_attr_put_u32(request, IFLA_LINK, number(argv[4]));
	mnl_attr_put_u32(request, IFLA_NET_NS_FD, (uint32_t)netns);
	struct nlattr *info = mnl_attr_nest_start(request, IFLA_LINKINFO);
	mnl_attr_put_strz(request, IFLA_INFO_KIND, argv[3]);
	struct nlattr *data = mnl_attr_nest_start(request, IFLA_INFO_DATA);
	mnl_attr_put_u32(request, IFLA_MACVLAN_MODE, MACVLAN_MODE_BRIDGE);
	mnl_attr_nest_end(request, data);
	mnl_attr_nest_end(request, info);
	return call(request);
}

static int del(struct nlmsghdr *request, int netns, char **argv)
{
	if (setns(netns, CLONE_NEWNET) < 0) {
		perror("floor: setns");
		return 1;
	}
	begin(request, RTM_DELLINK, 0);
	mnl_attr_put_strz(request, IFLA_IFNAME, argv[3]);
	return call(request);
}

int main(int argc, char **argv)
{
	char bytes[REQUEST_MAX] __attribute__((aligned(NLMSG_ALIGNTO)));
	struct nlmsghdr *request = (struct nlmsghdr *)bytes;
	const bool adding = argc == 7 && strcmp(argv[1], "ADD") == 0;

	if (!adding && (argc != 4 || strcmp(argv[1], "DEL") != 0))
		return usage();
	const int netns = open(argv[2], O_RDONLY | O_CLOEXEC);
	if (netns < 0) {
		perror(argv[2]);
		return 1;
	}
	return adding ? add(request, netns, argv) : del(request, netns, argv);
}
