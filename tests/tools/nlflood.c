/* SPDX-License-Identifier: Apache-2.0 */
/* What root of a container can do to netlink sockets in its network namespace, until it is killed:
 *   nlflood unicast PORT...   sends to sockets with these ports (1: process 1 of a pid namespace)
 *   nlflood sockets           sends to every netlink socket that /proc/net/netlink shows
 *   nlflood groups            sends to the groups for links and IPv6 addresses, and for devices
 *   nlflood addresses IFNAME  changes an address, so that the kernel sends events
 * It prints a line once it has begun. */
#include <errno.h>
#include <linux/if_addr.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { SIZE_MAX_SENT = 60000, BURST = 400, SEND_ROOM = 4 << 20 };

static int flood_open(int protocol)
{
	const struct sockaddr_nl self = { .nl_family = AF_NETLINK };
	const int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol);
	const int room = SEND_ROOM;

	if (fd < 0 || bind(fd, (const struct sockaddr *)&self, sizeof self) < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof room) < 0) {
		perror("nlflood: open a netlink socket");
		exit(1);
	}
	return fd;
}

static ssize_t message_send(int fd, const struct sockaddr_nl *to, size_t size)
{
	static union {
		struct nlmsghdr header;
		char bytes[SIZE_MAX_SENT];
	} message;

	message.header.nlmsg_len = (uint32_t)size;
	message.header.nlmsg_type = NLMSG_NOOP;
	return sendto(fd, &message, size, MSG_DONTWAIT, (const struct sockaddr *)to, sizeof *to);
}

/* Fills the receiver's buffer: large messages first, then ever smaller ones. */
static void fill(int fd, const struct sockaddr_nl *to)
{
	size_t size = SIZE_MAX_SENT;

	if (message_send(fd, to, NLMSG_HDRLEN) < 0 && errno == ECONNREFUSED)
		return; /* it is not there, or takes nothing from us */
	for (int i = 0; i < BURST && size >= NLMSG_HDRLEN; i++)
		if (message_send(fd, to, size) < 0)
			size /= 4;
}

static void begun(void)
{
	puts("begun");
	fflush(stdout);
}

static void unicast(char **argv)
{
	const int fd = flood_open(NETLINK_ROUTE);

	begun();
	for (;;)
		for (char **port = argv; *port; port++) {
			const struct sockaddr_nl to = { .nl_family = AF_NETLINK,
				                        .nl_pid = (uint32_t)strtoul(*port, NULL,
				                                                    10) };
			fill(fd, &to);
		}
}

/* Fills every socket of one of our two protocols; our own are among them, which does no harm. */
static void sockets_fill(int route, int devices)
{
	char line[512];
	unsigned protocol, port;
	FILE *list = fopen("/proc/self/net/netlink", "re");

	while (list && fgets(line, sizeof line, list))
		if (sscanf(line, "%*s %u %u", &protocol, &port) == 2 && port &&
		    (protocol == NETLINK_ROUTE || protocol == NETLINK_KOBJECT_UEVENT)) {
			const struct sockaddr_nl to = { .nl_family = AF_NETLINK, .nl_pid = port };
			fill(protocol == NETLINK_ROUTE ? route : devices, &to);
		}
	if (list)
		fclose(list);
}

static void sockets(char **argv)
{
	const int route = flood_open(NETLINK_ROUTE), devices = flood_open(NETLINK_KOBJECT_UEVENT);

	(void)argv;
	begun();
	for (;;)
		sockets_fill(route, devices);
}

static void groups(char **argv)
{
	const int route = flood_open(NETLINK_ROUTE), devices = flood_open(NETLINK_KOBJECT_UEVENT);
	const struct sockaddr_nl of_links = { .nl_family = AF_NETLINK,
		                              .nl_groups = RTMGRP_LINK | RTMGRP_IPV6_IFADDR },
	                         of_devices = { .nl_family = AF_NETLINK, .nl_groups = 1 };

	(void)argv;
	begun();
	for (;;) {
		fill(route, &of_links);
		fill(devices, &of_devices);
	}
}

static void addresses(char **argv)
{
	const int fd = flood_open(NETLINK_ROUTE);
	struct {
		struct nlmsghdr header;
		struct ifaddrmsg address;
		struct rtattr local;
		uint8_t ip[16];
	} request = {
		.header = { .nlmsg_len = sizeof request },
		.address = { .ifa_family = AF_INET6,
		             .ifa_prefixlen = 128,
		             .ifa_flags = IFA_F_NODAD,
		             .ifa_index = *argv ? if_nametoindex(*argv) : 0 },
		.local = { .rta_len = RTA_LENGTH(16), .rta_type = IFA_LOCAL },
		.ip = { 0xfd, 0xee, [15] = 1 },
	};

	if (!request.address.ifa_index)
		return;
	begun();
	for (bool add = true;; add = !add) {
		request.header.nlmsg_type = add ? RTM_NEWADDR : RTM_DELADDR;
		request.header.nlmsg_flags = NLM_F_REQUEST | (add ? NLM_F_CREATE : 0);
		send(fd, &request, sizeof request, 0);
		while (recv(fd, (char[4096]){ 0 }, 4096, MSG_DONTWAIT) > 0)
			continue;
	}
}

static const struct {
	const char *name;
	void (*run)(char **argv); /* returns only when it cannot begin */
} floods[] = {
	{ "unicast", unicast },
	{ "sockets", sockets },
	{ "groups", groups },
	{ "addresses", addresses },
};

int main(int argc, char **argv)
{
	for (size_t i = 0; argc > 1 && i < sizeof floods / sizeof *floods; i++)
		if (strcmp(argv[1], floods[i].name) == 0)
			floods[i].run(argv + 2);
	fputs("usage: nlflood unicast PORT... | sockets | groups | addresses IFNAME\n", stderr);
	return 2;
}
