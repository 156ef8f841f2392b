/* SPDX-License-Identifier: Apache-2.0 */
/* Choosing the gateway of a route, and whether the gateway is on the link. */
#include "plugin/routes.h"

#include "netns/route.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <stdio.h>

static const struct ip *first_gateway(const struct result *lease, uint8_t family)
{
	for (size_t i = 0; i < lease->n_ips; i++)
		if (lease->ips[i].gateway.family == family)
			return &lease->ips[i].gateway;
	return NULL;
}

/* Whether this address is the gateway of an address or of another route. */
static bool is_gateway(const struct result *lease, const struct cidr *address)
{
	bool found = false;

	if (address->prefix < ip_bits(&address->ip))
		return false;
	for (size_t i = 0; i < lease->n_ips; i++)
		found |= ip_equal(&lease->ips[i].gateway, &address->ip);
	for (size_t i = 0; i < lease->n_routes; i++)
		found |= ip_equal(&lease->routes[i].gw, &address->ip);
	return found;
}

void routes_complete(struct result *lease)
{
	for (size_t i = 0; i < lease->n_routes; i++) {
		struct route *route = &lease->routes[i];
		const struct ip *gateway = first_gateway(lease, route->dst.ip.family);
		if (route->gw.family || route->scope >= RT_SCOPE_LINK)
			continue;
		/* The kernel refuses a gateway that a route of global scope leads to. */
		if (is_gateway(lease, &route->dst))
			route->scope = RT_SCOPE_LINK;
		else if (gateway)
			route->gw = *gateway;
	}
}

static bool is_link_local(const struct ip *ip)
{
	return ip->family == AF_INET6 && ip->byte[0] == 0xfe && (ip->byte[1] & 0xc0) == 0x80;
}

/* Whether the network of an address contains the gateway. */
static bool is_covered(const struct result *lease, const struct ip *gateway)
{
	for (size_t i = 0; i < lease->n_ips; i++)
		if (cidr_contains(&lease->ips[i].address, gateway))
			return true;
	return is_link_local(gateway);
}

/* Whether each address of a family is a network of its own, which cannot contain a gateway. */
static bool is_alone(const struct result *lease, uint8_t family)
{
	bool any = false;

	for (size_t i = 0; i < lease->n_ips; i++) {
		const struct cidr *address = &lease->ips[i].address;
		if (address->ip.family != family)
			continue;
		if (address->prefix < ip_bits(&address->ip))
			return false;
		any = true;
	}
	return any;
}

static int off_link(const struct routes_link *link, const struct route *route, struct failure *f)
{
	char dst[CIDR_TEXT], gw[IP_TEXT], details[512];

	ip_format(&route->gw, gw);
	snprintf(details, sizeof details,
	         "no address of %s has it in its network: correct one of them, or say that the "
	         "gateway is there all the same, with the route {\"dst\": \"%s/%u\", \"scope\": "
	         "%d}",
	         link->name, gw, ip_bits(&route->gw), RT_SCOPE_LINK);
	return fail(f, CNI_CONFIG, details, "gateway %s of the route to %s is not on the link", gw,
	            cidr_format(&route->dst, dst));
}

static int add_route(const struct routes_link *link, const struct result *lease,
                     const struct route *route, struct failure *f)
{
	const bool far = route->gw.family && !is_covered(lease, &route->gw);
	const struct route_want want = {
		.dst = route->dst,
		.gw = route->gw,
		.on_link = far && is_alone(lease, route->gw.family),
		.ifindex = link->index,
		.mtu = route->mtu,
		.advmss = route->advmss,
		.priority = route->priority,
		.table = route->table,
		.scope = (uint8_t)route->scope,
	};
	struct failure refusal;

	failure_clear(&refusal);
	if (route_add(link->nl, &want, &refusal) == 0)
		return 0;
	if (far && (errno == ENETUNREACH || errno == EHOSTUNREACH || errno == EINVAL))
		return off_link(link, route, f);
	return failure_pass(f, &refusal);
}

int routes_add(const struct routes_link *link, const struct result *lease, struct failure *f)
{
	for (int by_gateway = 0; by_gateway < 2; by_gateway++)
		for (size_t i = 0; i < lease->n_routes; i++)
			if ((lease->routes[i].gw.family != 0) == by_gateway &&
			    add_route(link, lease, &lease->routes[i], f) < 0)
				return -1;
	return 0;
}
