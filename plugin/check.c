/* SPDX-License-Identifier: Apache-2.0 */
/* CHECK: compare the endpoint with the result of its ADD. */
#include "plugin/verbs.h"

#include "base/json.h"
#include "ipam/ipam.h"
#include "netns/privilege.h"
#include "plugin/attachment_open.h"
#include "plugin/compare.h"
#include "plugin/endpoint_guard.h"
#include "plugin/host_entry.h"
#include "record/endpoint.h"
#include "record/state.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct checking {
	struct attachment attachment;
	struct comparison comparison; /* ends with the first difference, which is CHECK's error */
	int interface;                /* index of our interface in prevResult */
};

static void checking_release(struct checking *c)
{
	attachment_release(&c->attachment);
}

static int on_difference(enum difference difference, const char *details, void *data,
                         struct failure *f)
{
	const struct checking *c = data;

	(void)difference;
	return fail(f, CNI_OTHER, details, "interface %s of container %s is not as it was reported",
	            c->attachment.request->ifname, c->attachment.request->container_id);
}

static int differs(struct checking *c, enum difference difference, const char *details,
                   struct failure *f)
{
	return on_difference(difference, details, c, f);
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
	const struct link *link = &c->comparison.link;
	const bool inside = a->config.link_in_container || netns_same(&a->sandbox.id, &a->host.id);
	int32_t host = -1;
	char details[96];

	if (!inside && link_netns_number(&a->sandbox.rtnl, a->host.netns, &host, f) < 0)
		return -1;
	const bool there = link->lower_netns == host && (inside || host >= 0);
	const bool flattened = link_kind_find(a->target.master.kind) &&
	                       link->lower == a->target.master.lower &&
	                       (there || a->target.master.lower_netns >= 0);
	if (flattened || (there && link->lower == a->target.master.index))
		return 0;
	snprintf(details, sizeof details, "its master is not %s", a->target.master.name);
	return differs(c, DIFFERS_MASTER, details, f);
}

static int check_kind(struct checking *c, struct failure *f)
{
	const char *wanted = c->attachment.config.kind->name, *now = c->comparison.link.kind;
	char details[96];

	if (strcmp(now, wanted) == 0)
		return 0;
	snprintf(details, sizeof details, "it is of kind %s, not %s", now[0] ? now : "none",
	         wanted);
	return differs(c, DIFFERS_KIND, details, f);
}

static int check_link(struct checking *c, struct failure *f)
{
	const struct attachment *a = &c->attachment;
	struct comparison *comparison = &c->comparison;
	const enum found found =
	        link_by_name(&c->attachment.sandbox.rtnl, a->request->ifname, &comparison->link, f);

	if (found == FOUND_FAILED)
		return -1;
	if (found == FOUND_NONE)
		return differs(c, DIFFERS_INTERFACE, "there is no such interface", f);
	if (check_kind(c, f) < 0 || compare_mode(comparison, a->target.mode, f) < 0 ||
	    compare_up(comparison, f) < 0 || check_master(c, f) < 0)
		return -1;
	return compare_mac(comparison, a->previous.interfaces[c->interface].mac, f);
}

static int check_tap(struct checking *c, struct failure *f)
{
	struct tap_node node;

	if (!c->attachment.config.kind->tap)
		return 0;
	OWNED(fd_release) int directory = device_open(f);
	return directory < 0 ? -1 : compare_tap(&c->comparison, directory, &node, f);
}

static void ips_release(struct ip_config **ips)
{
	free(*ips);
}

static int check_addresses(struct checking *c, struct failure *f)
{
	const struct result *previous = &c->attachment.previous;
	OWNED(ips_release) struct ip_config *ours = calloc(previous->n_ips + 1, sizeof *ours);
	size_t n = 0;

	if (!ours)
		return fail_errno(f, ENOMEM, "compare the addresses");
	for (size_t i = 0; i < previous->n_ips; i++) {
		const struct ip_config *ip = &previous->ips[i];
		if (ip->interface == c->interface || ip->interface == NO_INTERFACE)
			ours[n++] = *ip;
	}
	return compare_addresses(&c->comparison, ours, n, f);
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

static void routes_release(struct route **routes)
{
	free(*routes);
}

/* Compare the routes of prevResult that the record has, too. */
static int check_own_routes(struct checking *c, const struct result *own, struct failure *f)
{
	const struct result *previous = &c->attachment.previous;
	OWNED(routes_release)
	struct route *ours = calloc(previous->n_routes + 1, sizeof *ours);
	size_t n = 0;

	if (!ours)
		return fail_errno(f, ENOMEM, "compare the routes");
	for (size_t i = 0; i < previous->n_routes; i++)
		if (is_ours(own, &previous->routes[i]))
			ours[n++] = previous->routes[i];
	return compare_routes(&c->comparison, ours, n, f);
}

/* If prevResult has several interfaces, its routes do not name theirs. Then the record decides. */
static int check_routes(struct checking *c, struct failure *f)
{
	const struct request *r = c->attachment.request;
	const struct result *previous = &c->attachment.previous;
	OWNED(endpoint_release) struct endpoint e = { .source = NULL };
	OWNED(result_release) struct result own = { 0 };
	struct failure ignored = { 0 };

	if (container_interfaces(previous) <= 1)
		return compare_routes(&c->comparison, previous->routes, previous->n_routes, f);
	const enum found found = endpoint_read(r->container_id, r->ifname, &e, &ignored);
	if (found == FOUND && endpoint_is_newer(&e))
		fprintf(stderr,
		        "podtap: the record of %s is of a newer podtap: routes are not "
		        "checked\n",
		        r->ifname);
	else if (found == FOUND &&
	         result_read(&own, e.source, V1_1_0, "the endpoint record", f) < 0)
		return -1;
	return check_own_routes(c, &own, f);
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
		return differs(c, DIFFERS_HOST_ACCESS,
		               "its master's hostAccess program does not have it", f);
	return found == FOUND ? 0 : -1;
}

static int check_guard(struct checking *c, struct failure *f)
{
	struct attachment *a = &c->attachment;
	const char *reported = a->previous.interfaces[c->interface].mac;
	struct mac mac;

	if (!config_guard_key(&a->config) || !reported || !mac_parse(reported, &mac))
		return 0;
	const enum found found = endpoint_guard_exists(a, &mac, f);
	if (found == FOUND_NONE)
		return differs(c, DIFFERS_GUARD, "its master's guard does not have it", f);
	return found == FOUND ? 0 : -1;
}

int check(const struct request *r, struct failure *f)
{
	OWNED(checking_release) struct checking c = { .interface = -1 };
	struct attachment *a = &c.attachment;

	c.comparison =
	        (struct comparison){ .sandbox = &a->sandbox, .differs = on_difference, .data = &c };
	if (attachment_open(a, r, ATTACHMENT_EXISTING, f) < 0 || find_interface(&c, f) < 0 ||
	    check_host_access(&c, f) < 0 || check_guard(&c, f) < 0 ||
	    privilege_keep(PRIVILEGE_WORKING, ipam_delegates(a->config.ipam), f) < 0)
		return -1;
	if (a->config.ipam && ipam_check(r, a->config.ipam, f) < 0)
		return -1;
	if (check_link(&c, f) < 0 || check_tap(&c, f) < 0 ||
	    compare_sysctls(&c.comparison, &a->config.sysctls, f) < 0)
		return -1;
	if (a->config.address_owner == OWNER_GUEST)
		return 0;
	return check_addresses(&c, f) < 0 ? -1 : check_routes(&c, f);
}
