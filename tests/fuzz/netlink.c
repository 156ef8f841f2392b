/* SPDX-License-Identifier: Apache-2.0 */
/* Netlink answers: whatever a datagram holds, reading it ends, within its bounds.
 *
 * Reads with: netns/rtnl.c netns/link_get.c netns/link.c netns/addr.c netns/route.c
 * netns/link_watch.c */
#include "netns/addr.h"
#include "netns/link.h"
#include "netns/link_watch.h"
#include "netns/route.h"
#include "tests/fuzz/fuzz.h"

#include <fcntl.h>
#include <sys/socket.h>

static void see_address(const struct addr *addr, void *data)
{
	(void)data;
	PROMISE(addr->address.ip.family == AF_INET || addr->address.ip.family == AF_INET6);
}

static void see_route(const struct route_seen *route, void *data)
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
	return addr_each(nl, 7, AF_INET6, see_address, NULL, f);
}

static int routes(struct rtnl *nl, struct failure *f)
{
	return route_each(nl, 7, AF_INET, see_route, NULL, f);
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

static int changes(struct rtnl *nl, struct failure *f)
{
	const struct mac mac = { { 2 } };

	if (link_flags(nl, 7, IFF_UP, 0, f) < 0 || link_address(nl, 7, &mac, f) < 0)
		return -1;
	return link_announce(nl, 7, f);
}

static void see_link(const struct link *link, bool gone, void *data)
{
	(void)gone;
	(void)data;
	PROMISE(strlen(link->name) < sizeof link->name && (!link_is_port(link) || link->type));
}

static int news(struct rtnl *nl, struct failure *f)
{
	struct link_watch watch = { *nl };

	PROMISE(fcntl(nl->fd, F_SETFL, O_NONBLOCK) == 0);
	return link_watch_read(&watch, see_link, NULL, f);
}

static int links(struct rtnl *nl, struct failure *f)
{
	return link_each(nl, see_link, NULL, f);
}

static int (*const questions[])(struct rtnl *, struct failure *) = {
	one_link, addresses,  routes,       deletion, named_link, default_route, creation, kind,
	number,   address_up, address_down, route_up, changes,    news,          links,
};

/* The kernel's side of a socket: the input, a datagram up to each mark. */
static int kernel_open(const uint8_t *data, size_t size, int *kernel)
{
	static const uint8_t mark[] = { 0xfe, 'N', 'L', 0xfe };
	int ends[2];

	PROMISE(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == 0);
	for (const uint8_t *end; size > 0; data = end) {
		end = memmem(data, size, mark, sizeof mark);
		const size_t length = end ? (size_t)(end - data) : size;
		if (length && send(ends[1], data, length, MSG_DONTWAIT) < 0)
			break; /* its queue is full */
		end = data + length + (end ? sizeof mark : 0);
		size -= (size_t)(end - data);
	}
	shutdown(ends[1], SHUT_WR);
	*kernel = ends[1];
	return ends[0];
}

/* The first byte says which question the rest answers. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct failure f = { 0 };
	int kernel;

	if (size < 1 || size > RTNL_REPLY_MAX)
		return 0;
	struct rtnl nl = { .fd = kernel_open(data + 1, size - 1, &kernel) }; /* port 0 */
	int done = questions[data[0] % (sizeof questions / sizeof *questions)](&nl, &f);
	PROMISE((done < 0) == (f.code != 0));
	rtnl_release(&nl);
	close(kernel);
	return 0;
}
