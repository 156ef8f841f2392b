/* SPDX-License-Identifier: Apache-2.0 */
/* Netlink answers: whatever a datagram holds, reading it ends, within its bounds. */
#include "netns/addr.h"
#include "netns/link.h"
#include "netns/route.h"
#include "tests/fuzz/fuzz.h"

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

/* The first byte says which question the rest answers. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct failure f = { 0 };
	struct link link;
	int ends[2];

	if (size < 1 || size > RTNL_REPLY_MAX ||
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return 0;
	struct rtnl nl = { .fd = ends[0] }; /* port 0, and the first request is 1 */
	if (size > 1)
		PROMISE(send(ends[1], data + 1, size - 1, 0) == (ssize_t)size - 1);
	shutdown(ends[1], SHUT_WR);
	int done = 0;
	switch (data[0] % 4) {
	case 0:
		done = link_by_index(&nl, 7, &link, &f);
		PROMISE(done != 1 || strlen(link.name) < sizeof link.name);
		break;
	case 1:
		done = addr_each(&nl, 7, AF_INET6, see_address, NULL, &f);
		break;
	case 2:
		done = route_each(&nl, 7, AF_INET, see_route, NULL, &f);
		break;
	default:
		done = link_delete(&nl, 7, &f);
	}
	PROMISE((done < 0) == (f.code != 0));
	rtnl_release(&nl);
	close(ends[1]);
	return 0;
}
