/* SPDX-License-Identifier: Apache-2.0 */
/* Settings, addresses, flags and routes of the link, in the order that makes each take effect. */
#include "plugin/link_setup.h"

#include "netns/arp.h"
#include "netns/bounds.h"
#include "netns/dad_timers.h"
#include "plugin/master.h"
#include "plugin/reach.h"
#include "plugin/routes.h"

#include <errno.h>
#include <linux/if_link.h>
#include <stdio.h>
#include <string.h>

enum {
	IPV6_MTU_MIN = 1280, /* on a link with a smaller MTU the kernel has no IPv6 */
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

void link_setup_sysctls(const struct link_setup *s, struct sysctls *all)
{
	const struct config *c = &s->attachment->config;
	const bool ipv6 = s->endpoint->mtu >= IPV6_MTU_MIN &&
	                  s->attachment->sandbox.settings[SETTINGS_IPV6] >= 0;
	const bool by_ipam_alone = s->lease && !has_family(s->lease, AF_INET6);

	*all = c->sysctls;
	if (ipv6 && (c->address_owner == OWNER_GUEST || by_ipam_alone))
		sysctls_add(all, SETTINGS_IPV6, "accept_ra", 0);
}

cJSON *link_setup_record(const struct link_setup *s)
{
	struct sysctls all;

	link_setup_sysctls(s, &all);
	return sysctls_write(&all, s->endpoint->ifname);
}

/* The settings must be set before the link is up, because then the LAN can affect it. */
static int apply_sysctls(const struct link_setup *s, struct failure *f)
{
	struct sysctls all;

	link_setup_sysctls(s, &all);
	return sysctls_apply(&all, &s->attachment->sandbox, s->endpoint->ifname, f);
}

/* The guest uses the link's MAC address, so that the pod must not answer for it with a link-local
 * address of its own. disable_ipv6 would be slow: the kernel spins while other processes change
 * links, as they do when a node starts its pods. */
static int disable_link_local(const struct link_setup *s, struct failure *f)
{
	struct sandbox *sandbox = &s->attachment->sandbox;

	if (s->attachment->config.address_owner != OWNER_GUEST || s->endpoint->mtu < IPV6_MTU_MIN ||
	    sandbox->settings[SETTINGS_IPV6] < 0)
		return 0;
	return link_disable_link_local(&sandbox->rtnl, s->endpoint->ifindex, f);
}

/* Write an IPv6 setting unless the configuration has its own value for it. */
static int set_ipv6(const struct link_setup *s, const char *name, int value, struct failure *f)
{
	if (sysctl_find(&s->attachment->config.sysctls, SETTINGS_IPV6, name))
		return 0;
	return sandbox_set(&s->attachment->sandbox, SETTINGS_IPV6, s->endpoint->ifname, name, value,
	                   f);
}

static int check_ipv6(const struct link_setup *s, struct failure *f)
{
	const struct sysctl *off =
	        sysctl_find(&s->attachment->config.sysctls, SETTINGS_IPV6, "disable_ipv6");

	if (s->endpoint->mtu < IPV6_MTU_MIN)
		return fail(f, CNI_CONFIG, "IPv6 needs 1280 at least", "mtu %u of the link",
		            s->endpoint->mtu);
	if (off && off->value)
		return fail(
		        f, CNI_CONFIG,
		        "IPAM gave an IPv6 address, which needs IPv6 on the link: leave out one "
		        "of them",
		        "configuration key sysctl: net.ipv6.conf.IFNAME.disable_ipv6 is \"1\"");
	return 0;
}

static int prepare_ipv6(const struct link_setup *s, struct failure *f)
{
	struct failure ignored;

	if (check_ipv6(s, f) < 0)
		return -1;
	failure_clear(&ignored);
	/* Without the announcement the endpoint still works. */
	if (set_ipv6(s, "ndisc_notify", 1, &ignored) < 0)
		fprintf(stderr, "podtap: %s: %s\n", ignored.msg, ignored.details);
	if (sandbox_set(&s->attachment->sandbox, SETTINGS_IPV6, "lo", "disable_ipv6", 0, f) < 0 ||
	    set_ipv6(s, "disable_ipv6", 0, f) < 0 || set_ipv6(s, "keep_addr_on_down", 1, f) < 0)
		return -1;
	return s->attachment->config.dad == DAD_OPTIMISTIC ? set_ipv6(s, "optimistic_dad", 1, f)
	                                                   : 0;
}

/* The kernel routes an optimistic address at once only if it can probe it at once, so the link must
 * be up. All other addresses come before, so that the kernel announces them. */
static bool is_late(const struct link_setup *s, const struct cidr *address)
{
	return s->attachment->config.dad == DAD_OPTIMISTIC && address->ip.family == AF_INET6;
}

static int add_addresses(const struct link_setup *s, bool late, struct failure *f)
{
	static const enum addr_dad how[] = {
		[DAD_WAIT] = ADDR_DAD_NORMAL,
		[DAD_FAST] = ADDR_DAD_NORMAL,
		[DAD_OPTIMISTIC] = ADDR_DAD_OPTIMISTIC,
		[DAD_OFF] = ADDR_DAD_OFF,
	};

	for (size_t i = 0; i < s->lease->n_ips; i++) {
		const struct cidr *address = &s->lease->ips[i].address;
		if (is_late(s, address) == late &&
		    addr_add(&s->attachment->sandbox.rtnl, s->endpoint->ifindex, address,
		             s->proof == PROOF_WRONG ? ADDR_DAD_OFF
		                                     : how[s->attachment->config.dad],
		             f) < 0)
			return -1;
	}
	return 0;
}

static int prepare_addresses(const struct link_setup *s, struct failure *f)
{
	const bool own = sysctl_find(&s->attachment->config.sysctls, SETTINGS_IPV4, "arp_notify");

	if (has_family(s->lease, AF_INET) && !own &&
	    link_announce(&s->attachment->sandbox.rtnl, s->endpoint->ifindex, f) < 0)
		return -1;
	if (has_family(s->lease, AF_INET6) && prepare_ipv6(s, f) < 0)
		return -1;
	return add_addresses(s, false, f);
}

int link_setup_refuse_mac(const struct link_setup *s, struct failure *f)
{
	const struct mac *mac = &s->endpoint->mac;
	const struct link *master = &s->attachment->target.master;
	char holder[400] = "another endpoint of that master, or the master,", details[512];
	char text[MAC_TEXT];

	if (mac_equal(mac, &master->mac))
		snprintf(holder, sizeof holder, "the master itself");
	else
		master_mac_holder(master->name, mac, holder, sizeof holder);
	if (s->attachment->config.mac_word == MAC_STABLE) {
		snprintf(details, sizeof details,
		         "%s has it; it follows from the network, the pod's name and the interface",
		         holder);
		return fail(f, CNI_AGAIN, details, "MAC address %s is in use on master %s",
		            mac_format(mac, text), master->name);
	}
	snprintf(details, sizeof details, "%s has it: choose another, or none for a random one",
	         holder);
	return fail(f, CNI_CONFIG, details, "MAC address %s is in use on master %s",
	            mac_format(mac, text), master->name);
}

unsigned link_setup_flags(const struct attachment *a)
{
	return IFF_UP | (a->config.promisc ? IFF_PROMISC : 0u) |
	       (a->config.allmulti ? IFF_ALLMULTI : 0u);
}

bool link_setup_is_none(const struct attachment *a)
{
	const struct config *c = &a->config;

	return !c->kind->tap && !c->ipam && c->address_owner == OWNER_POD && !c->sysctls.n &&
	       a->target.mode != MACVLAN_MODE_PASSTHRU;
}

static int bring_up(const struct link_setup *s, struct failure *f)
{
	struct failure refusal;
	const unsigned set = link_setup_flags(s->attachment);

	failure_clear(&refusal);
	if (link_flags(&s->attachment->sandbox.rtnl, s->endpoint->ifindex, set, 0, &refusal) == 0)
		return 0;
	if (errno == EADDRINUSE)
		return link_setup_refuse_mac(s, f);
	return failure_pass(f, &refusal);
}

/* Returns whether each address is proved unused on the LAN before its use. */
static bool proves(const struct link_setup *s)
{
	return s->proof == PROOF_NEEDED || (s->attachment->config.acd && s->proof != PROOF_WRONG);
}

/* Like the reference plugin: wait only if an IPv6 gateway shows that the pod uses the address at
 * once. With acd every address is proved. */
static bool must_wait_for_dad(const struct link_setup *s)
{
	const struct config *c = &s->attachment->config;

	if ((c->dad != DAD_WAIT && c->dad != DAD_FAST) || s->proof == PROOF_WRONG)
		return false;
	return proves(s) ? has_family(s->lease, AF_INET6) : has_ipv6_gateway(s->lease);
}

/* Wait for duplicate address detection. Returns 1 if another host has *duplicate, 0, or -1. */
static int dad_wait(const struct link_setup *s, struct cidr *duplicate, struct failure *f)
{
	struct rtnl *nl = &s->attachment->sandbox.rtnl;

	if (addr_listen(nl, f) < 0)
		return -1;
	const int dad = addr_dad_wait(nl, s->endpoint->ifindex, BOUND_DAD_S, duplicate, f);
	if (dad != ADDR_UNPROVED)
		return dad;
	const int reached = lan_still_reached(s->attachment, s->endpoint->ifindex, f);
	if (reached <= 0)
		return reached;
	return fail(f, CNI_AGAIN, "the carrier went away meanwhile",
	            "duplicate address detection on %s has not ended", s->endpoint->ifname);
}

static int refuse_duplicate(const struct cidr *duplicate, struct failure *f)
{
	char text[CIDR_TEXT];
	return fail(f, CNI_OTHER, "duplicate address detection heard another host with it",
	            "IPv6 address %s is in use on the LAN", cidr_format(duplicate, text));
}

/* The kernel gives a passthru endpoint the master's MAC address at first. */
static int set_mac(const struct link_setup *s, struct failure *f)
{
	const struct config *c = &s->attachment->config;
	if (s->attachment->target.mode != MACVLAN_MODE_PASSTHRU || !c->has_mac)
		return 0;
	return link_address(&s->attachment->sandbox.rtnl, s->endpoint->ifindex, &c->mac, f);
}

static int add_routes(const struct link_setup *s, struct failure *f)
{
	const struct routes_link link = { &s->attachment->sandbox.rtnl, s->endpoint->ifindex,
		                          s->endpoint->ifname };

	return routes_add(&link, s->lease, f);
}

/* Probe each IPv4 address on the LAN. Returns 1 if another host has *in_use, 0, or -1. */
static int probe(const struct link_setup *s, struct ip *in_use, struct failure *f)
{
	const struct endpoint *e = s->endpoint;
	struct mac holder;

	for (size_t i = 0; i < s->lease->n_ips; i++) {
		const struct ip *ip = &s->lease->ips[i].address.ip;
		if (ip->family != AF_INET)
			continue;
		int found =
		        arp_probe(s->attachment->sandbox.arp, e->ifindex, &e->mac, ip, &holder, f);
		if (found > 0)
			*in_use = *ip;
		if (found)
			return found;
	}
	/* A probe that was sent without a carrier proves nothing. */
	return lan_still_reached(s->attachment, s->endpoint->ifindex, f) < 0 ? -1 : 0;
}

/* The kernel announces only addresses that a link has before it comes up. */
static int announce(const struct link_setup *s, struct failure *f)
{
	const struct endpoint *e = s->endpoint;

	for (size_t i = 0; i < s->lease->n_ips; i++) {
		const struct ip *ip = &s->lease->ips[i].address.ip;
		if (ip->family == AF_INET &&
		    arp_announce(s->attachment->sandbox.arp, e->ifindex, &e->mac, ip, f) < 0)
			return -1;
	}
	return 0;
}

static int remove_addresses(const struct link_setup *s, struct failure *f)
{
	for (size_t i = 0; i < s->lease->n_ips; i++)
		if (addr_delete(&s->attachment->sandbox.rtnl, s->endpoint->ifindex,
		                &s->lease->ips[i].address, f) < 0)
			return -1;
	return 0;
}

/* Assign the addresses, and prove that no other host has them. Returns 1 if *in_use is in use, 0,
 * or -1. */
static int assign_addresses_probed(const struct link_setup *s, struct ip *in_use, struct failure *f)
{
	const bool ipv6 = must_wait_for_dad(s);
	const bool asks = ipv6 || has_family(s->lease, AF_INET);
	struct cidr duplicate;

	if (bring_up(s, f) < 0)
		return -1;
	const int reached = asks ? lan_reach(s->attachment, s->endpoint->ifindex, f) : 0;
	int found = reached > 0 ? probe(s, in_use, f) : reached;
	if (found)
		return found;
	if (prepare_addresses(s, f) < 0 || add_addresses(s, true, f) < 0)
		return -1;
	found = ipv6 && reached ? dad_wait(s, &duplicate, f) : 0;
	if (found > 0) {
		*in_use = duplicate.ip;
		return remove_addresses(s, f) < 0 ? -1 : 1;
	}
	if (found < 0 || (reached && announce(s, f) < 0))
		return -1;
	return add_routes(s, f);
}

static int assign_addresses_unprobed(const struct link_setup *s, struct failure *f)
{
	struct cidr duplicate;

	if (prepare_addresses(s, f) < 0 || bring_up(s, f) < 0 || add_addresses(s, true, f) < 0)
		return -1;
	const int reached =
	        must_wait_for_dad(s) ? lan_reach(s->attachment, s->endpoint->ifindex, f) : 0;
	int found = reached > 0 ? dad_wait(s, &duplicate, f) : reached;
	if (found)
		return found < 0 ? -1 : refuse_duplicate(&duplicate, f);
	return add_routes(s, f);
}

static int assign_addresses(const struct link_setup *s, struct ip *in_use, struct failure *f)
{
	return proves(s) ? assign_addresses_probed(s, in_use, f) : assign_addresses_unprobed(s, f);
}

/* Shorten the kernel's timers while this call waits. The record says "adding" meanwhile: if this
 * process is killed, the next DEL, GC or ADD removes the link, and its timers with it. */
static int assign_fast(const struct link_setup *s, struct ip *in_use, struct failure *f)
{
	const struct dad_link link = { &s->attachment->sandbox, s->endpoint->ifindex,
		                       s->endpoint->ifname };
	struct dad_timers former;

	if (dad_timers_shorten(&link, &former, f) < 0)
		return -1;
	const int found = assign_addresses(s, in_use, f);
	return found < 0 || dad_timers_restore(&link, &former, f) == 0 ? found : -1;
}

static int assign(const struct link_setup *s, struct ip *in_use, struct failure *f)
{
	if (s->attachment->config.dad == DAD_FAST && must_wait_for_dad(s))
		return assign_fast(s, in_use, f);
	return assign_addresses(s, in_use, f);
}

int link_setup_apply(const struct link_setup *s, struct ip *in_use, struct failure *f)
{
	const struct config *c = &s->attachment->config;

	if (link_setup_is_none(s->attachment))
		return 0;
	if (s->lease)
		routes_complete(s->lease);
	if (set_mac(s, f) < 0 || disable_link_local(s, f) < 0 || apply_sysctls(s, f) < 0)
		return -1;
	if (s->lease && c->address_owner == OWNER_POD)
		return assign(s, in_use, f);
	if (bring_up(s, f) < 0)
		return -1;
	if (!s->lease || !proves(s) || !has_family(s->lease, AF_INET))
		return 0;
	const int reached = lan_reach(s->attachment, s->endpoint->ifindex, f);
	return reached > 0 ? probe(s, in_use, f) : reached;
}
