/* SPDX-License-Identifier: Apache-2.0 */
/* Printing a guest's network configuration. */
#include "control/guest_config.h"

#include "base/json.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <string.h>

/* Returns the gateway of a route; family 0: the destination is on the link. */
static struct ip gateway_of(const struct route *route, const struct result *r)
{
	if (route->gw.family)
		return route->gw;
	for (size_t i = 0; i < r->n_ips; i++)
		if (r->ips[i].gateway.family == route->dst.ip.family)
			return r->ips[i].gateway;
	return (struct ip){ 0 };
}

/* Returns whether a gateway is outside all of the guest's own networks. */
static bool is_beyond(const struct ip *gateway, const struct result *r)
{
	for (size_t i = 0; i < r->n_ips; i++)
		if (cidr_contains(&r->ips[i].address, gateway))
			return false;
	return true;
}

/* Quotes a text for YAML and JSON. */
static void quote(FILE *out, const char *text)
{
	OWNED(json_release) cJSON *node = cJSON_CreateString(text);
	OWNED(text_release) char *quoted = node ? cJSON_PrintUnformatted(node) : NULL;

	fputs(quoted ? quoted : "\"\"", out);
}

static void print_yaml_route(const struct route *route, const struct result *r, FILE *out)
{
	const struct ip gateway = gateway_of(route, r);
	char text[CIDR_TEXT];

	fprintf(out, "      - to: \"%s\"\n", cidr_format(&route->dst, text));
	if (gateway.family)
		fprintf(out, "        via: \"%s\"\n", ip_format(&gateway, text));
	else
		fprintf(out, "        scope: link\n");
	if (gateway.family && is_beyond(&gateway, r))
		fprintf(out, "        on-link: true\n");
	if (route->has & ROUTE_PRIORITY)
		fprintf(out, "        metric: %u\n", route->priority);
	if (route->has & ROUTE_TABLE)
		fprintf(out, "        table: %u\n", route->table);
	if (route->has & ROUTE_MTU)
		fprintf(out, "        mtu: %u\n", route->mtu);
}

static void print_yaml_list(const char *name, const cJSON *list, FILE *out)
{
	const cJSON *item;

	if (!cJSON_GetArraySize(list))
		return;
	fprintf(out, "      %s:\n", name);
	cJSON_ArrayForEach(item, list)
	{
		fputs("        - ", out);
		quote(out, json_string(item) ? item->valuestring : "");
		fputc('\n', out);
	}
}

static int print_cloud_init(const struct endpoint *e, const struct result *r, FILE *out,
                            struct failure *f)
{
	char mac[MAC_TEXT], text[CIDR_TEXT];

	(void)f;
	fputs("version: 2\nethernets:\n  ", out);
	quote(out, e->ifname);
	fprintf(out, ":\n    match:\n      macaddress: \"%s\"\n", mac_format(&e->mac, mac));
	if (e->mtu)
		fprintf(out, "    mtu: %u\n", e->mtu);
	fprintf(out, "    dhcp4: %s\n", r->n_ips ? "false" : "true");
	if (r->n_ips)
		fputs("    dhcp6: false\n    addresses:\n", out);
	for (size_t i = 0; i < r->n_ips; i++)
		fprintf(out, "      - \"%s\"\n", cidr_format(&r->ips[i].address, text));
	if (r->n_routes)
		fputs("    routes:\n", out);
	for (size_t i = 0; i < r->n_routes; i++)
		print_yaml_route(&r->routes[i], r, out);
	if (cJSON_GetArraySize(json_member(r->dns, "nameservers")) ||
	    cJSON_GetArraySize(json_member(r->dns, "search"))) {
		fputs("    nameservers:\n", out);
		print_yaml_list("addresses", json_member(r->dns, "nameservers"), out);
		print_yaml_list("search", json_member(r->dns, "search"), out);
	}
	return 0;
}

/* Returns the first IPv4 address, or NULL. */
static const struct ip_config *first_ipv4(const struct result *r)
{
	for (size_t i = 0; i < r->n_ips; i++)
		if (r->ips[i].address.ip.family == AF_INET)
			return &r->ips[i];
	return NULL;
}

static bool is_default(const struct route *route)
{
	return route->dst.ip.family == AF_INET && route->dst.prefix == 0;
}

static struct ip default_gateway(const struct result *r)
{
	for (size_t i = 0; i < r->n_routes; i++)
		if (is_default(&r->routes[i]))
			return gateway_of(&r->routes[i], r);
	return (struct ip){ 0 };
}

/* Reports on stderr what the kernel argument cannot express. */
static void tell_left_out(const struct result *r, const struct ip *gateway)
{
	bool routes = false;

	for (size_t i = 0; i < r->n_routes && !routes; i++)
		routes = !is_default(&r->routes[i]) || !gateway->family;
	if (r->n_ips > 1)
		fprintf(stderr, "podtapctl: a kernel's ip= argument holds one IPv4 address: the "
		                "others are left out\n");
	if (routes)
		fprintf(stderr, "podtapctl: a kernel's ip= argument holds one default route by a "
		                "gateway: other routes are left out\n");
}

static struct ip netmask(uint8_t prefix)
{
	struct cidr all = { { AF_INET, { 255, 255, 255, 255 } }, prefix };
	return cidr_network(&all);
}

/* Prints the first two IPv4 name servers: the kernel accepts no more. */
static void print_kernel_dns(const struct result *r, FILE *out)
{
	const cJSON *item;
	struct ip ip;
	int left = 2;

	cJSON_ArrayForEach(item, json_member(r->dns, "nameservers"))
	{
		const char *server = json_string(item);
		if (left && server && ip_parse(server, &ip) && ip.family == AF_INET) {
			fprintf(out, ":%s", server);
			left--;
		}
	}
}

/* ip=CLIENT:SERVER:GATEWAY:NETMASK:HOSTNAME:DEVICE:AUTOCONF:DNS:DNS */
static int print_kernel(const struct endpoint *e, const struct result *r, FILE *out,
                        struct failure *f)
{
	const struct ip_config *first = first_ipv4(r);
	char client[IP_TEXT], gateway[IP_TEXT] = "", mask[IP_TEXT];

	if (!r->n_ips) {
		fputs("ip=dhcp\n", out);
		return 0;
	}
	if (!first)
		return fail(f, CNI_OTHER, "the kernel's ip= argument knows IPv4 only",
		            "endpoint %s of %s has no IPv4 address", e->ifname, e->container_id);
	const struct ip through = default_gateway(r), bits = netmask(first->address.prefix);
	if (through.family)
		ip_format(&through, gateway);
	if (through.family && !cidr_contains(&first->address, &through))
		return fail(
		        f, CNI_OTHER,
		        "the kernel refuses a gateway outside the address's network, and then the "
		        "whole argument: configure this guest by another format",
		        "gateway %s of %s/%u", gateway, ip_format(&first->address.ip, client),
		        (unsigned)first->address.prefix);
	tell_left_out(r, &through);
	fprintf(out, "ip=%s::%s:%s:::off", ip_format(&first->address.ip, client), gateway,
	        ip_format(&bits, mask));
	print_kernel_dns(r, out);
	fputc('\n', out);
	return 0;
}

static void add_text(cJSON *object, const char *name, const char *text)
{
	cJSON_AddItemToObject(object, name, cJSON_CreateString(text));
}

static void add_lists(cJSON *json, const struct result *r)
{
	cJSON *addresses = cJSON_AddArrayToObject(json, "addresses");
	cJSON *routes = cJSON_AddArrayToObject(json, "routes");
	char text[CIDR_TEXT];

	for (size_t i = 0; i < r->n_ips; i++)
		cJSON_AddItemToArray(addresses,
		                     cJSON_CreateString(cidr_format(&r->ips[i].address, text)));
	for (size_t i = 0; i < r->n_routes; i++) {
		const struct ip gateway = gateway_of(&r->routes[i], r);
		cJSON *route = cJSON_CreateObject();
		add_text(route, "dst", cidr_format(&r->routes[i].dst, text));
		if (gateway.family)
			add_text(route, "gw", ip_format(&gateway, text));
		if (r->routes[i].has & ROUTE_PRIORITY)
			cJSON_AddNumberToObject(route, "priority", r->routes[i].priority);
		cJSON_AddItemToArray(routes, route);
	}
}

static int print_json(const struct endpoint *e, const struct result *r, FILE *out,
                      struct failure *f)
{
	OWNED(json_release) cJSON *json = cJSON_CreateObject();
	char mac[MAC_TEXT];

	add_text(json, "ifname", e->ifname);
	add_text(json, "mac", mac_format(&e->mac, mac));
	cJSON_AddNumberToObject(json, "mtu", e->mtu);
	add_lists(json, r);
	if (r->dns)
		cJSON_AddItemToObject(json, "dns", cJSON_Duplicate(r->dns, true));
	OWNED(text_release) char *text = cJSON_Print(json);
	if (!text)
		return fail_errno(f, ENOMEM, "print the guest's configuration");
	fprintf(out, "%s\n", text);
	return 0;
}

const struct guest_format guest_formats[] = {
	{ "cloud-init", print_cloud_init },
	{ "kernel", print_kernel },
	{ "json", print_json },
	{ NULL, NULL },
};
