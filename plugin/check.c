/* SPDX-License-Identifier: Apache-2.0 */
/* CHECK: compare the endpoint with the result of its ADD. */
#include "plugin/verbs.h"

#include "base/json.h"
#include "ipam/ipam.h"
#include "netns/privilege.h"
#include "netns/route.h"
#include "plugin/attachment_open.h"
#include "plugin/host_entry.h"
#include "record/endpoint.h"
#include "record/state.h"

#include <stdio.h>
#include <string.h>

struct checking {
	struct attachment attachment;
	struct link link;
	int interface; /* index of our interface in prevResult */
};

static void checking_release(struct checking *c)
{
	attachment_release(&c->attachment);
}

static int differs(const struct checking *c, const char *details, struct failure *f)
{
	return fail(f, CNI_OTHER, details, "interface %s of container %s is not as it was reported",
	            c->attachment.request->ifname, c->attachment.request->container_id);
}

static int find_interface(struct checking *c, struct failure *f)
{
	const struct request *r = c->attachment.request;
	const struct result *previous = &c->attachment.previous;

	if (!c->attachment.chained)
		return fail(f, CNI_CONFIG, "CHECK compares with it", "required prevResult missing");
	for (size_t i = 0; i < previous->n_interfaces; i++) {
		const struct interface *it = &previous->interfaces[i];
		if (it->name && it->sandbox && strcmp(it->name, r->ifname) == 0 &&
		    strcmp(it->sandbox, r->netns) == 0) {
			c->interface = (int)i;
			return 0;
		}
	}
	return fail(f, CNI_CONFIG, "none of its interfaces has that name and sandbox",
	            "prevResult has no interface %s in %s", r->ifname, r->netns);
}

/* Check the master of the link. The kernel puts a macvlan on a macvlan on the latter's own master,
 * so that master is valid, too. No link here refers to a namespace without a number. */
static int check_master(struct checking *c, struct failure *f)
{
	struct attachment *a = &c->attachment;
	const bool inside = a->config.link_in_container || netns_same(&a->sandbox.id, &a->host.id);
	int32_t host = -1;
	char details[96];

	if (!inside && link_netns_number(&a->sandbox.rtnl, a->host.netns, &host, f) < 0)
		return -1;
	const bool there = c->link.lower_netns == host && (inside || host >= 0);
	const bool flattened = link_kind_find(a->target.master.kind) &&
	                       c->link.lower == a->target.master.lower &&
	                       (there || a->target.master.lower_netns >= 0);
	if (flattened || (there && c->link.lower == a->target.master.index))
		return 0;
	snprintf(details, sizeof details, "its master is not %s", a->target.master.name);
	return differs(c, details, f);
}

static int check_mac(const struct checking *c, struct failure *f)
{
	const char *reported = c->attachment.previous.interfaces[c->interface].mac;
	char has[MAC_TEXT], details[96];
	struct mac mac;

	if (!reported || !*reported || (mac_parse(reported, &mac) && mac_equal(&mac, &c->link.mac)))
		return 0;
	snprintf(details, sizeof details, "its MAC address is %s, not %.32s",
	         mac_format(&c->link.mac, has), reported);
	return differs(c, details, f);
}

static int check_link(struct checking *c, struct failure *f)
{
	const struct attachment *a = &c->attachment;
	char details[96];
	enum found found =
	        link_by_name(&c->attachment.sandbox.rtnl, a->request->ifname, &c->link, f);

	if (found == FOUND_FAILED)
		return -1;
	if (found == FOUND_NONE)
		return differs(c, "there is no such interface", f);
	if (strcmp(c->link.kind, a->config.kind->name) != 0) {
		snprintf(details, sizeof details, "it is of kind %s, not %s",
		         c->link.kind[0] ? c->link.kind : "none", a->config.kind->name);
		return differs(c, details, f);
	}
	if (c->link.mode != a->target.mode) {
		snprintf(details, sizeof details, "its mode is %s, not %s",
		         word_text(link_modes, c->link.mode),
		         word_text(link_modes, a->target.mode));
		return differs(c, details, f);
	}
	if (!(c->link.flags & IFF_UP))
		return differs(c, "it is down", f);
	return check_master(c, f) < 0 ? -1 : check_mac(c, f);
}

static int check_tap(const struct checking *c, struct failure *f)
{
	const struct attachment *a = &c->attachment;
	struct tap_node node;
	char details[96];
	dev_t number;

	if (!a->config.kind->tap)
		return 0;
	OWNED(fd_release) int directory = device_open(f);
	if (directory < 0 || tap_look(directory, c->link.index, &node, f) < 0)
		return -1;
	enum found known = tap_number(a->sandbox.sysfs, c->link.index, &number, f);
	if (known == FOUND_FAILED)
		return -1;
	if (known && node.device && node.number == number)
		return 0;
	snprintf(details, sizeof details, "its tap node %.40s/tap%u is %s", device_path(),
	         c->link.index, node.exists ? "another device" : "missing");
	return differs(c, details, f);
}

static int check_sysctls(const struct checking *c, struct failure *f)
{
	const struct attachment *a = &c->attachment;
	const char *ifname = a->request->ifname;
	char name[SYSCTL_TEXT], details[SYSCTL_TEXT + 48];
	int now;

	const struct sysctl *changed =
	        sysctls_changed(&a->config.sysctls, &a->sandbox, ifname, &now, f);
	if (!changed)
		return 0;
	if (f->code)
		return -1;
	snprintf(details, sizeof details, "%s is %d, not %d",
	         sysctl_name(changed->kind, ifname, name), now, changed->value);
	return differs(c, details, f);
}

struct address_search {
	const struct cidr *want;
	bool found;
};

static void on_address(const struct addr *addr, void *data)
{
	struct address_search *s = data;
	s->found |= addr->address.prefix == s->want->prefix &&
	            ip_equal(&addr->address.ip, &s->want->ip);
}

static int check_addresses(struct checking *c, struct failure *f)
{
	const struct result *previous = &c->attachment.previous;

	for (size_t i = 0; i < previous->n_ips; i++) {
		const struct ip_config *ip = &previous->ips[i];
		struct address_search search = { &ip->address, false };
		char text[CIDR_TEXT], details[96];

		if (ip->interface != c->interface && ip->interface != NO_INTERFACE)
			continue;
		if (addr_each(&c->attachment.sandbox.rtnl, c->link.index, ip->address.ip.family,
		              on_address, &search, f) < 0)
			return -1;
		if (search.found)
			continue;
		snprintf(details, sizeof details, "it lacks the address %s",
		         cidr_format(&ip->address, text));
		return differs(c, details, f);
	}
	return 0;
}

struct route_search {
	const struct route *want;
	bool found;
};

/* Accept a route in any table: later plugins of a chain move routes to other tables. */
static void on_route(const struct route_seen *seen, void *data)
{
	struct route_search *s = data;
	s->found |= seen->dst.prefix == s->want->dst.prefix &&
	            ip_equal(&seen->dst.ip, &s->want->dst.ip) &&
	            (!s->want->gw.family || ip_equal(&seen->gw, &s->want->gw));
}

static int check_route(struct checking *c, const struct route *want, struct failure *f)
{
	struct route_search search = { want, false };
	char text[CIDR_TEXT], details[96];

	if (route_each(&c->attachment.sandbox.rtnl, c->link.index, want->dst.ip.family, on_route,
	               &search, f) < 0)
		return -1;
	if (search.found)
		return 0;
	snprintf(details, sizeof details, "it lacks the route to %s",
	         cidr_format(&want->dst, text));
	return differs(c, details, f);
}

static bool is_ours(const struct result *own, const struct route *route)
{
	for (size_t i = 0; i < own->n_routes; i++)
		if (own->routes[i].dst.prefix == route->dst.prefix &&
		    ip_equal(&own->routes[i].dst.ip, &route->dst.ip))
			return true;
	return false;
}

static size_t container_interfaces(const struct result *previous)
{
	size_t count = 0;
	for (size_t i = 0; i < previous->n_interfaces; i++)
		count += previous->interfaces[i].sandbox != NULL;
	return count;
}

/* If prevResult has several interfaces, its routes do not name theirs. Then the record decides. */
static int check_routes(struct checking *c, struct failure *f)
{
	const struct request *r = c->attachment.request;
	const struct result *previous = &c->attachment.previous;
	const bool alone = container_interfaces(previous) <= 1;
	OWNED(endpoint_release) struct endpoint e = { .source = NULL };
	OWNED(result_release) struct result own = { 0 };
	struct failure ignored = { 0 };

	const enum found found =
	        alone ? FOUND_NONE : endpoint_read(r->container_id, r->ifname, &e, &ignored);
	if (found == FOUND && endpoint_is_newer(&e))
		fprintf(stderr,
		        "podtap: the record of %s is of a newer podtap: routes are not "
		        "checked\n",
		        r->ifname);
	else if (found == FOUND &&
	         result_read(&own, e.source, V1_1_0, "the endpoint record", f) < 0)
		return -1;
	for (size_t i = 0; i < previous->n_routes; i++)
		if ((alone || is_ours(&own, &previous->routes[i])) &&
		    check_route(c, &previous->routes[i], f) < 0)
			return -1;
	return 0;
}

/* The program knows the endpoint by the MAC address that it had at its ADD. */
static int check_host_access(struct checking *c, struct failure *f)
{
	struct attachment *a = &c->attachment;
	const char *reported = a->previous.interfaces[c->interface].mac;
	struct mac mac;

	if (!a->config.host_access || !reported || !mac_parse(reported, &mac))
		return 0;
	const enum found found = host_entry_exists(a, &mac, f);
	if (found == FOUND_NONE)
		return differs(c, "its master's hostAccess program does not have it", f);
	return found == FOUND ? 0 : -1;
}

int check(const struct request *r, struct failure *f)
{
	OWNED(checking_release) struct checking c = { .interface = -1 };
	struct attachment *a = &c.attachment;

	if (attachment_open(a, r, ATTACHMENT_EXISTING, f) < 0 || find_interface(&c, f) < 0 ||
	    check_host_access(&c, f) < 0 ||
	    privilege_keep(PRIVILEGE_WORKING, ipam_delegates(a->config.ipam), f) < 0)
		return -1;
	if (a->config.ipam && ipam_check(r, a->config.ipam, f) < 0)
		return -1;
	if (check_link(&c, f) < 0 || check_tap(&c, f) < 0 || check_sysctls(&c, f) < 0)
		return -1;
	if (a->config.address_owner == OWNER_GUEST)
		return 0;
	return check_addresses(&c, f) < 0 ? -1 : check_routes(&c, f);
}
