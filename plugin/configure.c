/* SPDX-License-Identifier: Apache-2.0 */
/* Settings, addresses, flags and routes of the link, in the order that makes each take effect. */
#include "plugin/configure.h"

#include "netns/arp.h"
#include "netns/bounds.h"
#include "plugin/master.h"
#include "plugin/reach.h"
#include "plugin/routes.h"

#include <errno.h>
#include <linux/if_link.h>
#include <stdio.h>
#include <string.h>

enum {
	IPV6_MTU_MIN = 1280, /* on a link with less the kernel has no IPv6 at all */
};

static bool has_family(const struct result *lease, uint8_t family)
{
	for (size_t i = 0; i < lease->n_ips; i++)
		if (lease->ips[i].address.ip.family == family)
			return true;
	return false;
}

static bool has_ipv6_gateway(const struct result *lease)
{
	for (size_t i = 0; i < lease->n_ips; i++)
		if (lease->ips[i].gateway.family == AF_INET6)
			return true;
	return false;
}

void configure_sysctls(const struct configuring *w, struct sysctls *all)
{
	const struct config *c = &w->attachment->config;
	const bool ipv6 = w->endpoint->mtu >= IPV6_MTU_MIN &&
	                  w->attachment->sandbox.settings[SETTINGS_IPV6] >= 0;
	const bool by_ipam_alone = w->lease && !has_family(w->lease, AF_INET6);

	*all = c->sysctls;
	if (ipv6 && (c->address_owner == OWNER_GUEST || by_ipam_alone))
		sysctls_add(all, SETTINGS_IPV6, "accept_ra", 0);
}

/* What works from the moment the link is up, whatever is on the LAN by then. */
static int apply_sysctls(const struct configuring *w, struct failure *f)
{
	struct sysctls all;

	configure_sysctls(w, &all);
	return sysctls_apply(&all, &w->attachment->sandbox, w->endpoint->ifname, f);
}

/* The guest has the link's very MAC: an address of the pod's own would answer for it. Not by
 * disable_ipv6: for that the kernel spins while others change links, as they do when a node starts
 * its pods. */
static int silence(const struct configuring *w, struct failure *f)
{
	struct sandbox *sandbox = &w->attachment->sandbox;

	if (w->attachment->config.address_owner != OWNER_GUEST || w->endpoint->mtu < IPV6_MTU_MIN ||
	    sandbox->settings[SETTINGS_IPV6] < 0)
		return 0;
	return link_unaddressed(&sandbox->rtnl, w->endpoint->ifindex, f);
}

/* Sets one of IPv6 unless the configuration has its own value for it. */
static int set_ipv6(const struct configuring *w, const char *name, int value, struct failure *f)
{
	if (sysctl_find(&w->attachment->config.sysctls, SETTINGS_IPV6, name))
		return 0;
	return sandbox_set(&w->attachment->sandbox, SETTINGS_IPV6, w->endpoint->ifname, name, value,
	                   f);
}

static int check_ipv6(const struct configuring *w, struct failure *f)
{
	const struct sysctl *off =
	        sysctl_find(&w->attachment->config.sysctls, SETTINGS_IPV6, "disable_ipv6");

	if (w->endpoint->mtu < IPV6_MTU_MIN)
		return fail(f, CNI_CONFIG, "IPv6 needs 1280 at least", "mtu %u of the link",
		            w->endpoint->mtu);
	if (off && off->value)
		return fail(
		        f, CNI_CONFIG,
		        "IPAM gave an IPv6 address, which needs IPv6 on the link: leave out one "
		        "of them",
		        "configuration key sysctl: net.ipv6.conf.IFNAME.disable_ipv6 is \"1\"");
	return 0;
}

static int prepare_ipv6(const struct configuring *w, struct failure *f)
{
	struct failure ignored;

	if (check_ipv6(w, f) < 0)
		return -1;
	failure_clear(&ignored);
	/* An announcement nobody hears is no reason to fail. */
	if (set_ipv6(w, "ndisc_notify", 1, &ignored) < 0)
		fprintf(stderr, "podtap: %s: %s\n", ignored.msg, ignored.details);
	if (sandbox_set(&w->attachment->sandbox, SETTINGS_IPV6, "lo", "disable_ipv6", 0, f) < 0 ||
	    set_ipv6(w, "disable_ipv6", 0, f) < 0 || set_ipv6(w, "keep_addr_on_down", 1, f) < 0)
		return -1;
	return w->attachment->config.dad == DAD_OPTIMISTIC ? set_ipv6(w, "optimistic_dad", 1, f)
	                                                   : 0;
}

/* An optimistic address is routed at once only where the kernel can begin to ask the LAN at once:
 * the link must be up. All others come before, so that the kernel announces them. */
static bool is_late(const struct configuring *w, const struct cidr *address)
{
	return w->attachment->config.dad == DAD_OPTIMISTIC && address->ip.family == AF_INET6;
}

static int add_addresses(const struct configuring *w, bool late, struct failure *f)
{
	static const enum addr_dad how[] = {
		[DAD_WAIT] = ADDR_DAD_NORMAL,
		[DAD_OPTIMISTIC] = ADDR_DAD_OPTIMISTIC,
		[DAD_OFF] = ADDR_DAD_OFF,
	};

	for (size_t i = 0; i < w->lease->n_ips; i++) {
		const struct cidr *address = &w->lease->ips[i].address;
		if (is_late(w, address) == late &&
		    addr_add(&w->attachment->sandbox.rtnl, w->endpoint->ifindex, address,
		             how[w->attachment->config.dad], f) < 0)
			return -1;
	}
	return 0;
}

static int prepare_addresses(const struct configuring *w, struct failure *f)
{
	const bool own = sysctl_find(&w->attachment->config.sysctls, SETTINGS_IPV4, "arp_notify");

	if (has_family(w->lease, AF_INET) && !own &&
	    link_announce(&w->attachment->sandbox.rtnl, w->endpoint->ifindex, f) < 0)
		return -1;
	if (has_family(w->lease, AF_INET6) && prepare_ipv6(w, f) < 0)
		return -1;
	return add_addresses(w, false, f);
}

static int mac_in_use(const struct configuring *w, struct failure *f)
{
	const struct mac *mac = &w->endpoint->mac;
	const struct link *master = &w->attachment->target.master;
	char holder[400] = "another endpoint of that master, or the master,", details[512];
	char text[MAC_TEXT];

	if (mac_equal(mac, &master->mac))
		snprintf(holder, sizeof holder, "the master itself");
	else
		master_mac_holder(master->name, mac, holder, sizeof holder);
	snprintf(details, sizeof details, "%s has it: choose another, or none for a random one",
	         holder);
	return fail(f, CNI_CONFIG, details, "MAC address %s is in use on master %s",
	            mac_format(mac, text), master->name);
}

static int bring_up(const struct configuring *w, struct failure *f)
{
	const struct config *c = &w->attachment->config;
	struct failure refusal;
	const unsigned set =
	        IFF_UP | (c->promisc ? IFF_PROMISC : 0u) | (c->allmulti ? IFF_ALLMULTI : 0u);

	failure_clear(&refusal);
	if (link_flags(&w->attachment->sandbox.rtnl, w->endpoint->ifindex, set, 0, &refusal) == 0)
		return 0;
	if (errno == EADDRINUSE)
		return mac_in_use(w, f);
	return failure_pass(f, &refusal);
}

/* As the reference plugin does: only where an IPv6 gateway says that the address is to be used at
 * once. */
static bool must_settle(const struct configuring *w)
{
	return w->attachment->config.dad == DAD_WAIT && has_ipv6_gateway(w->lease);
}

/* 1: somebody on the LAN has *duplicate. */
static int settle(const struct configuring *w, struct cidr *duplicate, struct failure *f)
{
	struct rtnl *nl = &w->attachment->sandbox.rtnl;

	if (addr_listen(nl, f) < 0)
		return -1;
	const int settled = addr_settle(nl, w->endpoint->ifindex, BOUND_DAD_S, duplicate, f);
	if (settled != ADDR_UNPROVED)
		return settled;
	const int reached = lan_still_reached(w->attachment, w->endpoint->ifindex, f);
	if (reached <= 0)
		return reached;
	return fail(f, CNI_AGAIN, "the carrier went away meanwhile",
	            "duplicate address detection on %s has not ended", w->endpoint->ifname);
}

static int refuse_duplicate(const struct cidr *duplicate, struct failure *f)
{
	char text[CIDR_TEXT];
	return fail(f, CNI_OTHER, "duplicate address detection heard another host with it",
	            "IPv6 address %s is in use on the LAN", cidr_format(duplicate, text));
}

/* The kernel gives a passthru endpoint the master's MAC, whatever was asked for. */
static int set_mac(const struct configuring *w, struct failure *f)
{
	const struct config *c = &w->attachment->config;
	if (w->attachment->target.mode != MACVLAN_MODE_PASSTHRU || !c->has_mac)
		return 0;
	return link_address(&w->attachment->sandbox.rtnl, w->endpoint->ifindex, &c->mac, f);
}

static int add_routes(const struct configuring *w, struct failure *f)
{
	const struct routes_link link = { &w->attachment->sandbox.rtnl, w->endpoint->ifindex,
		                          w->endpoint->ifname };

	return routes_add(&link, w->lease, f);
}

/* Asks the LAN for each IPv4 address. 1: *taken is somebody's. */
static int probe(const struct configuring *w, struct ip *taken, struct failure *f)
{
	const struct endpoint *e = w->endpoint;
	struct mac holder;

	for (size_t i = 0; i < w->lease->n_ips; i++) {
		const struct ip *ip = &w->lease->ips[i].address.ip;
		if (ip->family != AF_INET)
			continue;
		int found =
		        arp_probe(w->attachment->sandbox.arp, e->ifindex, &e->mac, ip, &holder, f);
		if (found > 0)
			*taken = *ip;
		if (found)
			return found;
	}
	/* What was asked while the carrier was away nobody heard. */
	return lan_still_reached(w->attachment, w->endpoint->ifindex, f) < 0 ? -1 : 0;
}

/* The link is up already, so the kernel announces nothing by itself. */
static int announce(const struct configuring *w, struct failure *f)
{
	const struct endpoint *e = w->endpoint;

	for (size_t i = 0; i < w->lease->n_ips; i++) {
		const struct ip *ip = &w->lease->ips[i].address.ip;
		if (ip->family == AF_INET &&
		    arp_announce(w->attachment->sandbox.arp, e->ifindex, &e->mac, ip, f) < 0)
			return -1;
	}
	return 0;
}

static int remove_addresses(const struct configuring *w, struct failure *f)
{
	for (size_t i = 0; i < w->lease->n_ips; i++)
		if (addr_delete(&w->attachment->sandbox.rtnl, w->endpoint->ifindex,
		                &w->lease->ips[i].address, f) < 0)
			return -1;
	return 0;
}

/* Proves each address free on the LAN before it stays. */
static int number_with_proof(const struct configuring *w, struct ip *taken, struct failure *f)
{
	const bool ipv6 = has_family(w->lease, AF_INET6) && w->attachment->config.dad == DAD_WAIT;
	const bool asks = ipv6 || has_family(w->lease, AF_INET);
	struct cidr duplicate;

	if (bring_up(w, f) < 0)
		return -1;
	const int reached = asks ? lan_reach(w->attachment, w->endpoint->ifindex, f) : 0;
	int found = reached > 0 ? probe(w, taken, f) : reached;
	if (found)
		return found;
	if (prepare_addresses(w, f) < 0 || add_addresses(w, true, f) < 0)
		return -1;
	found = ipv6 && reached ? settle(w, &duplicate, f) : 0;
	if (found > 0) {
		*taken = duplicate.ip;
		return remove_addresses(w, f) < 0 ? -1 : 1;
	}
	if (found < 0 || (reached && announce(w, f) < 0))
		return -1;
	return add_routes(w, f);
}

static int number(const struct configuring *w, struct failure *f)
{
	struct cidr duplicate;

	if (prepare_addresses(w, f) < 0 || bring_up(w, f) < 0 || add_addresses(w, true, f) < 0)
		return -1;
	const int reached = must_settle(w) ? lan_reach(w->attachment, w->endpoint->ifindex, f) : 0;
	int found = reached > 0 ? settle(w, &duplicate, f) : reached;
	if (found)
		return found < 0 ? -1 : refuse_duplicate(&duplicate, f);
	return add_routes(w, f);
}

int configure(const struct configuring *w, struct ip *taken, struct failure *f)
{
	const struct config *c = &w->attachment->config;

	if (w->lease)
		routes_complete(w->lease);
	if (set_mac(w, f) < 0 || silence(w, f) < 0 || apply_sysctls(w, f) < 0)
		return -1;
	if (w->lease && c->address_owner == OWNER_POD)
		return c->acd ? number_with_proof(w, taken, f) : number(w, f);
	if (bring_up(w, f) < 0)
		return -1;
	if (!w->lease || !c->acd || !has_family(w->lease, AF_INET))
		return 0;
	const int reached = lan_reach(w->attachment, w->endpoint->ifindex, f);
	return reached > 0 ? probe(w, taken, f) : reached;
}
