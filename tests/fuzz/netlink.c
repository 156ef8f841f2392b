/* SPDX-License-Identifier: Apache-2.0 */
/* Netlink answers and events: whatever a datagram holds, reading it ends, within its bounds.
 *
 * Reads with: netns/rtnl.c netns/rtnl_attr.c netns/link.c netns/addr.c
 * netns/route.c netns/link_watch.c netns/uevent.c tools/vnics.c */
#include "netns/addr.h"
#include "netns/link.h"
#include "netns/link_watch.h"
#include "netns/route.h"
#include "netns/uevent.h"
#include "tests/fuzz/fuzz.h"
#include "tools/vnics.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <time.h>

static void on_address(const struct addr *addr, void *data)
{
	(void)data;
	PROMISE(addr->address.ip.family == AF_INET || addr->address.ip.family == AF_INET6);
}

static void on_route(const struct route_seen *route, void *data)
{
	(void)data;
	PROMISE(route->dst.ip.family == 0 || ip_size(&route->dst.ip) >= 4);
}

static int one_link(struct rtnl *nl, struct failure *f)
{
	struct link link;
	int found = link_by_index(nl, 7, &link, f);

	PROMISE(found != 1 || strlen(link.name) < sizeof link.name);
	return found;
}

static int named_link(struct rtnl *nl, struct failure *f)
{
	struct link link;

	return link_by_name(nl, "a-name-longer-than-fifteen", &link, f);
}

static int addresses(struct rtnl *nl, struct failure *f)
{
	return addr_each(nl, 7, AF_INET6, on_address, NULL, f);
}

static int routes(struct rtnl *nl, struct failure *f)
{
	return route_each(nl, 7, AF_INET, on_route, NULL, f);
}

static int default_route(struct rtnl *nl, struct failure *f)
{
	uint32_t index = 0;
	int found = route_default(nl, &index, f);

	PROMISE(found != 1 || index);
	return found;
}

static int deletion(struct rtnl *nl, struct failure *f)
{
	return link_delete(nl, 7, f);
}

static int creation(struct rtnl *nl, struct failure *f)
{
	static struct mac sources[1000]; /* more than a request holds */
	const struct link_want want = { .name = "eth0",
		                        .index = 7,
		                        .master = 2,
		                        .netns = 3,
		                        .kind = link_kind_find("macvtap"),
		                        .mtu = 1400,
		                        .queues = 4,
		                        .bcqueuelen = 1,
		                        .sources = sources,
		                        .n_sources = sizeof sources / sizeof *sources };

	return link_create(nl, &want, f);
}

static const struct mac mac = { { 2 } };

static int move(struct rtnl *nl, struct failure *f)
{
	const struct link_want want = { .name = "eth0",
		                        .index = 7,
		                        .netns = 3,
		                        .kind = link_kind_find("macvtap"),
		                        .mac = &mac,
		                        .mtu = 1400 };

	return link_move(nl, 9, &want, f);
}

static int kind(struct rtnl *nl, struct failure *f)
{
	bool known;

	return link_kind_known(nl, link_kind_find("macvlan"), &known, f);
}

static int number(struct rtnl *nl, struct failure *f)
{
	int32_t number;

	return link_netns_number(nl, 3, &number, f);
}

static const struct cidr ipv4 = { { AF_INET, { 10, 0, 0, 2 } }, 24 };
static const struct cidr ipv6 = { { AF_INET6, { 0xfd } }, 64 };

static int address_up(struct rtnl *nl, struct failure *f)
{
	return addr_add(nl, 7, &ipv4, ADDR_DAD_OFF, f);
}

static int address_down(struct rtnl *nl, struct failure *f)
{
	return addr_delete(nl, 7, &ipv6, f);
}

static int route_up(struct rtnl *nl, struct failure *f)
{
	const struct route_want want = {
		.dst = { { AF_INET, { 0 } }, 0 }, .ifindex = 7, .mtu = 1400, .advmss = 1360
	};

	return route_add(nl, &want, f);
}

static int gateway_route_up(struct rtnl *nl, struct failure *f)
{
	struct route_want want = {
		.dst = ipv6, .gw = { AF_INET6, { 0xfd } }, .ifindex = 7, .priority = 100, .table = 5
	};

	if (route_add(nl, &want, f) < 0)
		return -1;
	want.gw.family = AF_INET;
	return route_add(nl, &want, f);
}

static int changes(struct rtnl *nl, struct failure *f)
{
	if (link_flags(nl, 7, IFF_UP, 0, f) < 0 || link_address(nl, 7, &mac, f) < 0)
		return -1;
	return link_announce(nl, 7, f) < 0 ? -1 : link_disable_link_local(nl, 7, f);
}

static void on_link(const struct link *link, bool gone, void *data)
{
	(void)gone;
	(void)data;
	PROMISE(strlen(link->name) < sizeof link->name && (!link_is_port(link) || link->type));
}

static int news(struct rtnl *nl, struct failure *f)
{
	struct link_watch watch = { *nl };

	return link_watch_read(&watch, on_link, NULL, f);
}

static int links(struct rtnl *nl, struct failure *f)
{
	return link_each(nl, "macvtap", on_link, NULL, f);
}

static int settle(struct rtnl *nl, int seconds, struct failure *f)
{
	struct cidr duplicate;
	int found = addr_dad_wait(nl, 7, seconds, &duplicate, f);

	PROMISE(found != 1 || duplicate.ip.family == AF_INET6);
	return found;
}

static int settled(struct rtnl *nl, struct failure *f)
{
	return settle(nl, 0, f);
}

static int settling(struct rtnl *nl, struct failure *f)
{
	return settle(nl, 60, f);
}

static int tap_number(struct rtnl *nl, struct failure *f)
{
	dev_t number = 0;
	int found = uevent_tap_number(nl->fd, 7, &number, f);

	PROMISE(found < 0 || makedev(major(number), minor(number)) == number);
	return found;
}

/* In place of the C library's: no time passes while an answer is waited for in vain. */
int poll(struct pollfd *fds, nfds_t n, int milliseconds)
{
	const struct timespec now = { 0 };

	(void)milliseconds;
	return (int)syscall(SYS_ppoll, fds, n, &now, NULL, 0);
}

/* In place of the C library's: the kernel's end of a pair takes part already. */
int connect(int fd, const struct sockaddr *to, socklen_t size)
{
	syscall(SYS_connect, fd, to, size);
	return 0;
}

static int next_socket = -1;

/* In place of the C library's: what asks for a socket itself gets the one that is read here. */
int socket(int domain, int type, int protocol)
{
	const int fd =
	        next_socket >= 0 ? next_socket : (int)syscall(SYS_socket, domain, type, protocol);

	next_socket = -1;
	return fd;
}

static int interfaces_find(struct rtnl *nl, const char *const names[], size_t n, struct failure *f)
{
	OWNED(vnics_release) struct vnics v = { .n = 0 };

	next_socket = fcntl(nl->fd, F_DUPFD_CLOEXEC, 0);
	const int found = vnics_find(&v, names, n, f);
	PROMISE(v.n <= VNICS_MAX && (found < 0 || v.n > 0));
	for (size_t i = 0; i < v.n; i++) {
		PROMISE(strnlen(v.vnic[i].ifname, IFNAMSIZ) < IFNAMSIZ);
		PROMISE(v.vnic[i].queues >= 1 && v.vnic[i].queues <= VNIC_QUEUES_MAX);
		PROMISE(found < 0 || i >= n || strcmp(v.vnic[i].ifname, names[i]) == 0);
	}
	return found;
}

static int interfaces(struct rtnl *nl, struct failure *f)
{
	return interfaces_find(nl, NULL, 0, f);
}

static int named_interfaces(struct rtnl *nl, struct failure *f)
{
	return interfaces_find(nl, (const char *const[]){ "eth1", "eth0" }, 2, f);
}

static int (*const questions[])(struct rtnl *, struct failure *) = {
	one_link,         addresses,     routes,       deletion,
	named_link,       default_route, creation,     kind,
	number,           address_up,    address_down, route_up,
	changes,          news,          links,        move,
	gateway_route_up, settling,      tap_number,   interfaces,
	named_interfaces, settled,
};

/* The kernel's side of a socket: the input, a datagram up to each mark; nobody waits for more. */
static int kernel_open(const uint8_t *data, size_t size, int *kernel)
{
	static const uint8_t mark[] = { 0xfe, 'N', 'L', 0xfe };
	int ends[2];

	PROMISE(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) == 0);
	for (const uint8_t *end; size > 0; data = end) {
		end = memmem(data, size, mark, sizeof mark);
		const size_t length = end ? (size_t)(end - data) : size;
		if (length && send(ends[1], data, length, 0) < 0)
			break; /* its queue is full */
		end = data + length + (end ? sizeof mark : 0);
		size -= (size_t)(end - data);
	}
	*kernel = ends[1];
	return ends[0];
}

/* Once, sockets of the kernel's own. */
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	struct link_watch watch;
	struct failure f = { 0 };

	(void)argc;
	(void)argv;
	OWNED(fd_release) int events = uevent_open();
	OWNED(fd_release) int netns = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	PROMISE(events >= 0 && netns >= 0 && (uevent_trusted(netns) || !uevent_trusted(-1)));
	PROMISE(link_watch_open(&watch, &f) == 0 && addr_listen(&watch.nl, &f) == 0);
	link_watch_release(&watch);
	return 0;
}

/* The first byte says which question the rest answers. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct failure f = { 0 };
	int kernel;

	if (size < 1 || size > RTNL_NEWS_MAX)
		return 0;
	struct rtnl nl = { .fd = kernel_open(data + 1, size - 1, &kernel) }; /* port 0 */
	int done = questions[data[0] % (sizeof questions / sizeof *questions)](&nl, &f);
	PROMISE((done < 0) == (f.code != 0));
	rtnl_release(&nl);
	close(kernel);
	return 0;
}
