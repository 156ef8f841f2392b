/* SPDX-License-Identifier: Apache-2.0 */
/* Finding the host's address that an endpoint reaches with hostAccess. */
#include "plugin/host_gateway.h"

#include "netns/addr.h"

#include <linux/if_addr.h>
#include <stdio.h>

struct gateway_search {
	const struct result *lease;
	bool any;        /* the master has an address of the family */
	struct ip found; /* family 0: none */
};

static void on_address(const struct addr *addr, void *data)
{
	static const uint32_t unusable =
	        IFA_F_TEMPORARY | IFA_F_TENTATIVE | IFA_F_DADFAILED | IFA_F_DEPRECATED;
	struct gateway_search *s = data;
	const struct ip *ip = &addr->address.ip;

	/* IFA_F_TEMPORARY of IPv6 is IFA_F_SECONDARY of IPv4, which is as good as another one. */
	if (s->found.family || (ip->family == AF_INET6 && addr->flags & unusable))
		return;
	s->any = true;
	for (size_t i = 0; i < s->lease->n_ips && !s->found.family; i++)
		if (cidr_contains(&s->lease->ips[i].address, ip))
			s->found = *ip;
}

static int refuse(const struct route *route, const char *why, struct failure *f)
{
	char text[CIDR_TEXT];

	return fail(f, CNI_CONFIG, why, "the route to %s has gw \"host\"",
	            cidr_format(&route->dst, text));
}

static int find(struct attachment *a, const struct route *route, struct gateway_search *s,
                struct failure *f)
{
	const uint8_t family = route->dst.ip.family;
	const char *name = family == AF_INET6 ? "IPv6" : "IPv4";
	struct link master;
	char why[128];

	if (attachment_below(a, &master, f) != FOUND ||
	    addr_each(&a->host.rtnl, master.index, family, on_address, s, f) < 0)
		return -1;
	if (s->found.family)
		return 0;
	snprintf(why, sizeof why, "%s has no %s address%s", master.name, name,
	         s->any ? " in a network of the endpoint's addresses" : " of the host");
	return refuse(route, why, f);
}

int host_gateway_set(struct attachment *a, struct result *lease, struct failure *f)
{
	for (size_t i = 0; i < lease->n_routes; i++) {
		struct route *route = &lease->routes[i];
		struct gateway_search s = { .lease = lease };

		if (!(route->has & ROUTE_BY_HOST))
			continue;
		if (!a->config.host_access)
			return refuse(
			        route,
			        "the endpoint reaches the host with \"hostAccess\": true only", f);
		if (find(a, route, &s, f) < 0)
			return -1;
		route->gw = s.found;
		route->has &= ~(unsigned)ROUTE_BY_HOST;
	}
	return 0;
}
