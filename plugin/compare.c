/* SPDX-License-Identifier: Apache-2.0 */
/* Comparing the parts of an endpoint: link, tap, settings, addresses, routes. */
#include "plugin/compare.h"

#include "netns/addr.h"
#include "netns/route.h"
#include "record/state.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

int compare_mode(struct comparison *c, uint32_t mode, struct failure *f)
{
	const char *now = word_text(link_modes, c->link.mode),
	           *wanted = word_text(link_modes, mode);
	char details[96];

	if (c->link.mode == mode)
		return 0;
	snprintf(details, sizeof details, "its mode is %s, not %s", now ? now : "unknown",
	         wanted ? wanted : "unknown");
	return c->differs(DIFFERS_MODE, details, c->data, f);
}

int compare_up(struct comparison *c, struct failure *f)
{
	return c->link.flags & IFF_UP ? 0 : c->differs(DIFFERS_DOWN, "it is down", c->data, f);
}

int compare_mac(struct comparison *c, const char *mac, struct failure *f)
{
	char has[MAC_TEXT], details[96];
	struct mac wanted;

	if (!mac || !*mac || (mac_parse(mac, &wanted) && mac_equal(&wanted, &c->link.mac)))
		return 0;
	snprintf(details, sizeof details, "its MAC address is %s, not %.32s",
	         mac_format(&c->link.mac, has), mac);
	return c->differs(DIFFERS_MAC, details, c->data, f);
}

int compare_tap(struct comparison *c, int directory, struct tap_node *node, struct failure *f)
{
	char details[96];
	dev_t number;

	if (tap_look(directory, c->link.index, node, f) < 0)
		return -1;
	const enum found known = sandbox_tap_number(c->sandbox, c->link.index, &number, f);
	if (known == FOUND_FAILED)
		return -1;
	if (known && node->device && node->number == number)
		return 0;
	snprintf(details, sizeof details, "its tap node %.40s/tap%u is %s", device_path(),
	         c->link.index, node->exists ? "another device" : "missing");
	return c->differs(node->exists ? DIFFERS_TAP_FOREIGN : DIFFERS_TAP_MISSING, details,
	                  c->data, f);
}

int compare_sysctls(struct comparison *c, const struct sysctls *sysctls, struct failure *f)
{
	const char *ifname = c->link.name;
	char name[SYSCTL_TEXT], details[SYSCTL_TEXT + 48];
	int now;

	for (size_t i = 0; i < sysctls->n; i++) {
		const struct sysctl *it = &sysctls->list[i];
		if (sandbox_get(c->sandbox, it->kind->family, ifname, it->kind->name, &now, f) < 0)
			return -1;
		if (now == it->value)
			continue;
		snprintf(details, sizeof details, "%s is %d, not %d",
		         sysctl_name(it->kind, ifname, name), now, it->value);
		if (c->differs(DIFFERS_SYSCTL, details, c->data, f) < 0)
			return -1;
	}
	return 0;
}

static void found_release(bool **found)
{
	free(*found);
}

struct address_search {
	const struct ip_config *ips;
	size_t n;
	bool *found; /* for each of them */
};

static void on_address(const struct addr *addr, void *data)
{
	const struct address_search *s = data;

	for (size_t i = 0; i < s->n; i++)
		s->found[i] |= addr->address.prefix == s->ips[i].address.prefix &&
		               ip_equal(&addr->address.ip, &s->ips[i].address.ip);
}

/* List the addresses of a family once, if one of that family is wanted. */
static int addresses_find(struct comparison *c, struct address_search *s, uint8_t family,
                          struct failure *f)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->ips[i].address.ip.family == family)
			return addr_each(&c->sandbox->rtnl, c->link.index, family, on_address, s,
			                 f);
	return 0;
}

int compare_addresses(struct comparison *c, const struct ip_config *ips, size_t n,
                      struct failure *f)
{
	OWNED(found_release) bool *found = n ? calloc(n, sizeof *found) : NULL;
	struct address_search search = { ips, n, found };
	char text[CIDR_TEXT], details[96];

	if (n && !found)
		return fail_errno(f, ENOMEM, "compare the addresses");
	if (addresses_find(c, &search, AF_INET, f) < 0 ||
	    addresses_find(c, &search, AF_INET6, f) < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		if (found[i])
			continue;
		snprintf(details, sizeof details, "it lacks the address %s",
		         cidr_format(&ips[i].address, text));
		if (c->differs(DIFFERS_ADDRESS, details, c->data, f) < 0)
			return -1;
	}
	return 0;
}

struct route_search {
	const struct route *routes;
	size_t n;
	bool *found; /* for each of them */
};

static void on_route(const struct route_seen *seen, void *data)
{
	const struct route_search *s = data;

	for (size_t i = 0; i < s->n; i++) {
		const struct route *want = &s->routes[i];
		s->found[i] |= seen->dst.prefix == want->dst.prefix &&
		               ip_equal(&seen->dst.ip, &want->dst.ip) &&
		               (!want->gw.family || ip_equal(&seen->gw, &want->gw));
	}
}

/* List the routes of a family once, if one of that family is wanted. */
static int routes_find(struct comparison *c, struct route_search *s, uint8_t family,
                       struct failure *f)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->routes[i].dst.ip.family == family)
			return route_each(&c->sandbox->rtnl, c->link.index, family, on_route, s, f);
	return 0;
}

static int route_differs(struct comparison *c, const struct route *route, struct failure *f)
{
	char to[CIDR_TEXT], by[IP_TEXT] = "", details[160];

	if (route->gw.family)
		ip_format(&route->gw, by);
	snprintf(details, sizeof details, "it lacks the route to %s%s%s",
	         cidr_format(&route->dst, to), *by ? " via " : "", by);
	return c->differs(DIFFERS_ROUTE, details, c->data, f);
}

int compare_routes(struct comparison *c, const struct route *routes, size_t n, struct failure *f)
{
	OWNED(found_release) bool *found = n ? calloc(n, sizeof *found) : NULL;
	struct route_search search = { routes, n, found };

	if (n && !found)
		return fail_errno(f, ENOMEM, "compare the routes");
	if (routes_find(c, &search, AF_INET, f) < 0 || routes_find(c, &search, AF_INET6, f) < 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		if (!found[i] && route_differs(c, &routes[i], f) < 0)
			return -1;
	return 0;
}
