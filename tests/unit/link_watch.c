/* SPDX-License-Identifier: Apache-2.0 */
/* Link notifications: which are reported, which are lost, and which links are ports. */
#include "netns/link_watch.h"
#include "base/owned.h"
#include "tests/unit/unit.h"

#include <fcntl.h>
#include <linux/if_arp.h>
#include <sys/socket.h>

/* Our socket, and the kernel's end of it. */
struct wire {
	struct link_watch watch;
	int kernel;
};

static void wire_release(struct wire *w)
{
	link_watch_release(&w->watch);
	fd_release(&w->kernel);
}

static struct wire wire_open(void)
{
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0 ||
	    fcntl(ends[0], F_SETFL, O_NONBLOCK) < 0)
		abort();
	return (struct wire){ { { .fd = ends[0], .port = 1 } }, ends[1] };
}

static void news_send(const struct wire *w, uint16_t type, uint8_t family, int index)
{
	const struct {
		struct nlmsghdr header;
		struct ifinfomsg link;
	} message = { { .nlmsg_len = sizeof message, .nlmsg_type = type, .nlmsg_seq = 77 },
		      { .ifi_family = family, .ifi_index = index, .ifi_type = ARPHRD_ETHER } };

	if (send(w->kernel, &message, sizeof message, 0) < 0)
		abort();
}

/* The reported links, as "+2 -3". */
struct heard {
	char text[64];
};

static void hear(const struct link *link, bool gone, void *data)
{
	struct heard *h = data;
	const size_t used = strlen(h->text);

	snprintf(h->text + used, sizeof h->text - used, "%s%c%u", used ? " " : "", gone ? '-' : '+',
	         link->index);
}

static void new_and_deleted_links_are_reported_except_bridge_ports(struct verdict *v)
{
	OWNED(wire_release) struct wire w = wire_open();
	struct heard h = { "" };
	struct failure f = { 0 };

	news_send(&w, RTM_NEWLINK, AF_UNSPEC, 2);
	news_send(&w, RTM_DELLINK, AF_BRIDGE, 2);
	news_send(&w, RTM_NEWADDR, AF_UNSPEC, 4);
	news_send(&w, RTM_DELLINK, AF_UNSPEC, 3);
	const int read = link_watch_read(&w.watch, hear, &h, &f);
	expect(v, read == 1 && !f.code, "%d: %s", read, f.details);
	expect(v, same_text(h.text, "+2 -3"), "told: %s", h.text);
	h.text[0] = '\0';
	expect(v, link_watch_read(&w.watch, hear, &h, &f) == 1 && !h.text[0], "again: %s", h.text);
}

static void an_unreadable_notification_asks_for_a_new_list(struct verdict *v)
{
	static const char long_text[RTNL_NEWS_MAX + 1], *const broken = "short";
	OWNED(wire_release) struct wire w = wire_open();
	struct heard h = { "" };
	struct failure f = { 0 };

	if (send(w.kernel, broken, strlen(broken), 0) < 0)
		abort();
	expect(v, link_watch_read(&w.watch, hear, &h, &f) == 0 && !f.code, "broken");
	if (send(w.kernel, long_text, sizeof long_text, 0) < 0)
		abort();
	expect(v, link_watch_read(&w.watch, hear, &h, &f) == 0 && !f.code, "cut");
	rtnl_release(&w.watch.nl);
	expect(v, link_watch_read(&w.watch, hear, &h, &f) == -1 && f.code, "closed");
}

static void ports_are_ethernet_without_a_kind_and_bonds(struct verdict *v)
{
	static const struct {
		struct link link;
		bool port;
	} cases[] = {
		{ { .type = ARPHRD_ETHER }, true },
		{ { .type = ARPHRD_ETHER, .kind = "bond" }, true },
		{ { .type = ARPHRD_ETHER, .kind = "veth" }, false },
		{ { .type = ARPHRD_ETHER, .kind = "bridge" }, false },
		{ { .type = ARPHRD_ETHER, .kind = "macvtap" }, false },
		{ { .type = ARPHRD_LOOPBACK, .flags = IFF_LOOPBACK }, false },
		{ { .type = ARPHRD_ETHER, .flags = IFF_LOOPBACK }, false },
		{ { .type = ARPHRD_INFINIBAND }, false },
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++)
		expect(v, link_is_port(&cases[i].link) == cases[i].port, "case %zu", i);
}

int main(void)
{
	static const struct unit units[] = {
		UNIT(new_and_deleted_links_are_reported_except_bridge_ports),
		UNIT(an_unreadable_notification_asks_for_a_new_list),
		UNIT(ports_are_ethernet_without_a_kind_and_bonds),
	};

	return units_run(units, COUNT_OF(units));
}
