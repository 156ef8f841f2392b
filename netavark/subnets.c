/* SPDX-License-Identifier: Apache-2.0 */
/* Reading subnets, and writing addresses and routes. */
#include "netavark/subnets.h"

#include "base/json.h"
#include "base/keys.h"

#include <errno.h>
#include <stdio.h>

#define FIELD(member) .offset = offsetof(struct subnet, member)
static const struct key subnet_keys[] = {
	{ "subnet", KEY_CIDR, FIELD(net), .required = true },
	{ "gateway", KEY_IP, FIELD(gateway) },
};
#undef FIELD

static int overlap_check(const struct subnets *s, const struct subnet *one, struct failure *f)
{
	char text[CIDR_TEXT], other[CIDR_TEXT];

	for (size_t i = 0; i < s->n; i++) {
		const struct subnet *with = &s->list[i];
		if (cidr_contains(&with->net, &one->net.ip) ||
		    cidr_contains(&one->net, &with->net.ip))
			return fail(f, CNI_CONFIG, "an address must be in one of them only",
			            "overlapping subnets: %s and %s",
			            cidr_format(&with->net, other), cidr_format(&one->net, text));
	}
	return 0;
}

static int subnet_read(const struct key_scope *member, void *data)
{
	const size_t n_keys = sizeof subnet_keys / sizeof *subnet_keys;
	struct subnets *s = data;
	struct subnet one = { .gateway = { .family = 0 } };
	char text[CIDR_TEXT], gateway[IP_TEXT];

	if (!cJSON_IsObject(member->object))
		return key_refuse(member, "", member->object, "it must be an object with a subnet");
	if (keys_read(subnet_keys, n_keys, member, &one) < 0)
		return -1;
	one.net.ip = cidr_network(&one.net);
	if (one.gateway.family && !cidr_contains(&one.net, &one.gateway))
		return fail(member->f, CNI_CONFIG, "it must be an address of the subnet",
		            "gateway %s is not in subnet %s", ip_format(&one.gateway, gateway),
		            cidr_format(&one.net, text));
	if (overlap_check(s, &one, member->f) < 0)
		return -1;
	s->list[s->n++] = one;
	return 0;
}

int subnets_read(struct subnets *s, const cJSON *network, struct failure *f)
{
	static const struct key key = { "subnets", KEY_LIST, .max = SUBNETS_MAX,
		                        .each = subnet_read };
	const struct key_scope scope = { network, "network", f };

	s->n = 0;
	if (key_read(&key, &scope, s) < 0)
		return -1;
	for (size_t i = 0; i < s->n && cJSON_IsTrue(json_member(network, "internal")); i++)
		s->list[i].gateway.family = 0;
	return 0;
}

bool subnets_have(const struct subnets *s, uint8_t family)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->list[i].net.ip.family == family)
			return true;
	return false;
}

const struct subnet *subnets_find(const struct subnets *s, const struct ip *ip)
{
	for (size_t i = 0; i < s->n; i++)
		if (cidr_contains(&s->list[i].net, ip))
			return &s->list[i];
	return NULL;
}

static int no_memory(struct failure *f)
{
	return fail_errno(f, ENOMEM, "read the network");
}

static int address_add(cJSON *addresses, const struct subnet *in, const struct ip *ip,
                       struct failure *f)
{
	const struct cidr address = { *ip, in->net.prefix };
	char text[CIDR_TEXT], gateway[IP_TEXT];
	cJSON *one = cJSON_CreateObject();

	cJSON_AddItemToArray(addresses, one);
	if (!cJSON_AddStringToObject(one, "address", cidr_format(&address, text)))
		return no_memory(f);
	if (in->gateway.family && !ip_equal(&in->gateway, ip) &&
	    !cJSON_AddStringToObject(one, "gateway", ip_format(&in->gateway, gateway)))
		return no_memory(f);
	return 0;
}

/* The addresses of a container, read once and then sorted by subnet. */
struct asked {
	const struct subnets *subnets;
	const struct subnet *subnet; /* keep the addresses of this one */
	cJSON *addresses;
	size_t n;
};

static int asked_read(const struct key_scope *member, void *data)
{
	const char *text = json_string(member->object);
	struct asked *asked = data;
	struct ip ip;

	if (!text || !ip_parse(text, &ip))
		return key_refuse(member, "", member->object, "it must be an IP address");
	const struct subnet *in = subnets_find(asked->subnets, &ip);
	if (!in)
		return fail(member->f, CNI_CONFIG, "it must be in one of the network's subnets",
		            "IP address %s is in no subnet of the network", text);
	asked->n++;
	return in == asked->subnet ? address_add(asked->addresses, in, &ip, member->f) : 0;
}

int subnets_addresses(const struct subnets *s, const cJSON *endpoint, cJSON *addresses,
                      struct failure *f)
{
	static const struct key key = { "static_ips", KEY_LIST, .max = SUBNETS_MAX,
		                        .each = asked_read };
	const struct key_scope scope = { endpoint, "network_options", f };
	struct asked asked = { .subnets = s, .addresses = addresses };

	for (size_t i = 0; i < s->n; i++) {
		asked.subnet = &s->list[i];
		if (key_read(&key, &scope, &asked) < 0)
			return -1;
	}
	if (asked.n == 0)
		return fail(f, CNI_CONFIG,
		            "podman reserves them where the IPAM driver is host-local",
		            "netavark passed no IP addresses for the container");
	return 0;
}

/* A number as json_parse() makes it, with its literal. */
static cJSON *number_make(uint32_t number, struct failure *f)
{
	char text[16];
	const int length = snprintf(text, sizeof text, "%u", number);

	return json_parse(text, (size_t)length, "a number", f);
}

int route_json(cJSON *routes, const struct cidr *dst, const struct ip *gateway, uint32_t metric,
               struct failure *f)
{
	cJSON *route = cJSON_CreateObject(), *priority = number_make(metric, f);
	char text[CIDR_TEXT], gw[IP_TEXT];

	cJSON_AddItemToArray(routes, route);
	if (!cJSON_AddItemToObject(route, "priority", priority)) {
		json_release(&priority);
		return no_memory(f);
	}
	if (!cJSON_AddStringToObject(route, "dst", cidr_format(dst, text)) ||
	    !cJSON_AddStringToObject(route, "gw", ip_format(gateway, gw)))
		return no_memory(f);
	return 0;
}

int subnets_default_routes(const struct subnets *s, uint32_t metric, cJSON *routes,
                           struct failure *f)
{
	static const uint8_t families[] = { AF_INET, AF_INET6 };

	for (size_t i = 0; i < sizeof families; i++) {
		const struct cidr all = { { .family = families[i] }, 0 };
		const struct ip *gateway = NULL;
		for (size_t k = 0; k < s->n && !gateway; k++)
			if (s->list[k].gateway.family == families[i])
				gateway = &s->list[k].gateway;
		if (gateway && route_json(routes, &all, gateway, metric, f) < 0)
			return -1;
	}
	return 0;
}
