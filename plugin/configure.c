/* SPDX-License-Identifier: Apache-2.0 */
/* Settings, addresses, flags and routes of the link, in the order that makes each take effect. */
#include "plugin/configure.h"

#include "netns/route.h"

#include <errno.h>
#include <linux/if_link.h>
#include <stdio.h>
#include <string.h>

enum { DAD_SECONDS = 5 }; /* the longest wait, as in the reference plugin */

/* What is being configured, in short. */
struct work {
	struct attachment *attachment;
	struct rtnl *rtnl;
	struct sandbox *sandbox;
	const struct endpoint *endpoint;
	struct result *lease;
};

static bool has_family(const struct result *lease, uint8_t family)
{
	for (size_t i = 0; i < lease->n_ips; i++)
		if (lease->ips[i].address.ip.family == family)
			return true;
	return false;
}

static const struct ip *first_gateway(const struct result *lease, uint8_t family)
{
	for (size_t i = 0; i < lease->n_ips; i++)
		if (lease->ips[i].gateway.family == family)
			return &lease->ips[i].gateway;
	return NULL;
}

struct setting {
	const char *file;
	int value;
};

static int set_all(const struct work *w, const struct setting *settings, size_t n,
                   struct failure *f)
{
	for (size_t i = 0; i < n; i++)
		if (sandbox_ipv6_set(w->sandbox, w->endpoint->ifname, settings[i].file,
		                     settings[i].value, f) < 0)
			return -1;
	return 0;
}

/* The guest has the link's very MAC: an address of the pod's own would answer for it. */
static int silence(const struct work *w, struct failure *f)
{
	static const struct setting silent[] = { { "disable_ipv6", 1 } };
	return set_all(w, silent, 1, f);
}

static int prepare_ipv6(const struct work *w, struct failure *f)
{
	static const struct setting needed[] = {
		{ "disable_ipv6", 0 },
		{ "keep_addr_on_down", 1 },
		{ "optimistic_dad", 1 }, /* the last: only for dad "optimistic" */
	};
	const bool optimistic = w->attachment->config.dad == DAD_OPTIMISTIC;
	struct failure ignored = { 0 };

	/* An announcement nobody hears is no reason to fail. */
	if (sandbox_ipv6_set(w->sandbox, w->endpoint->ifname, "ndisc_notify", 1, &ignored) < 0)
		fprintf(stderr, "podtap: %s: %s\n", ignored.msg, ignored.details);
	if (sandbox_ipv6_set(w->sandbox, "lo", "disable_ipv6", 0, f) < 0)
		return -1;
	return set_all(w, needed, optimistic ? 3 : 2, f);
}

static int add_addresses(const struct work *w, struct failure *f)
{
	static const enum addr_dad how[] = {
		[DAD_WAIT] = ADDR_DAD_NORMAL,
		[DAD_OPTIMISTIC] = ADDR_DAD_OPTIMISTIC,
		[DAD_OFF] = ADDR_DAD_OFF,
	};

	for (size_t i = 0; i < w->lease->n_ips; i++)
		if (addr_add(w->rtnl, w->endpoint->ifindex, &w->lease->ips[i].address,
		             how[w->attachment->config.dad], f) < 0)
			return -1;
	return 0;
}

static int prepare_addresses(const struct work *w, struct failure *f)
{
	if (has_family(w->lease, AF_INET) && link_announce(w->rtnl, w->endpoint->ifindex, f) < 0)
		return -1;
	if (has_family(w->lease, AF_INET6) && prepare_ipv6(w, f) < 0)
		return -1;
	return add_addresses(w, f);
}

static int bring_up(const struct work *w, struct failure *f)
{
	const struct config *c = &w->attachment->config;
	struct failure refusal = { 0 };
	char mac[MAC_TEXT];
	const unsigned set =
	        IFF_UP | (c->promisc ? IFF_PROMISC : 0u) | (c->allmulti ? IFF_ALLMULTI : 0u);

	if (link_flags(w->rtnl, w->endpoint->ifindex, set, 0, &refusal) == 0)
		return 0;
	if (errno == EADDRINUSE)
		return fail(f, CNI_CONFIG,
		            "another endpoint of that master, or the master, has it: choose "
		            "another, or none for a random one",
		            "MAC address %s is in use on master %s",
		            mac_format(&w->endpoint->mac, mac), w->attachment->master.name);
	return fail(f, refusal.code, refusal.details, "%s", refusal.msg);
}

/* As the reference plugin does: only where an IPv6 gateway says that the address is to be used at
 * once. */
static bool must_settle(const struct work *w)
{
	return w->attachment->config.dad == DAD_WAIT && first_gateway(w->lease, AF_INET6);
}

static int settle(const struct work *w, struct failure *f)
{
	struct cidr duplicate;
	char text[CIDR_TEXT];
	int found = addr_settle(w->rtnl, w->endpoint->ifindex, DAD_SECONDS, &duplicate, f);

	if (found > 0)
		return fail(f, CNI_OTHER, "duplicate address detection heard another host with it",
		            "IPv6 address %s is in use on the LAN", cidr_format(&duplicate, text));
	return found;
}

static int add_route(const struct work *w, struct route *route, struct failure *f)
{
	const uint8_t family = route->dst.ip.family;
	const struct ip *gateway = first_gateway(w->lease, family);

	if (!route->gw.family && gateway)
		route->gw = *gateway;
	const struct route_want want = {
		.dst = route->dst,
		.gw = route->gw,
		.ifindex = w->endpoint->ifindex,
		.mtu = route->mtu,
		.advmss = route->advmss,
		.priority = route->priority,
		.table = route->table,
		.scope = (uint8_t)route->scope,
	};
	return route_add(w->rtnl, &want, f);
}

static int add_routes(const struct work *w, struct failure *f)
{
	for (size_t i = 0; i < w->lease->n_routes; i++)
		if (add_route(w, &w->lease->routes[i], f) < 0)
			return -1;
	return 0;
}

/* The kernel gives a passthru endpoint the master's MAC, whatever was asked for. */
static int set_mac(const struct work *w, struct failure *f)
{
	const struct config *c = &w->attachment->config;
	if (c->mode != MACVLAN_MODE_PASSTHRU || !c->has_mac)
		return 0;
	return link_address(w->rtnl, w->endpoint->ifindex, &c->mac, f);
}

int configure(struct attachment *a, const struct endpoint *e, struct result *lease,
              struct failure *f)
{
	const struct work w = { a, &a->sandbox.rtnl, &a->sandbox, e, lease };
	const bool numbered = lease && a->config.address_owner == OWNER_POD;

	if (set_mac(&w, f) < 0)
		return -1;
	if (a->config.address_owner == OWNER_GUEST && silence(&w, f) < 0)
		return -1;
	if (!numbered)
		return bring_up(&w, f);
	if (must_settle(&w) && addr_listen(w.rtnl, f) < 0)
		return -1;
	if (prepare_addresses(&w, f) < 0 || bring_up(&w, f) < 0)
		return -1;
	if (must_settle(&w) && settle(&w, f) < 0)
		return -1;
	return add_routes(&w, f);
}
