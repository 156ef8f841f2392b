/* SPDX-License-Identifier: Apache-2.0 */
/* Making podtap's configuration from a network of podman's. */
#include "netavark/network.h"

#include "base/json.h"
#include "base/keys.h"
#include "netavark/options.h"
#include "netavark/subnets.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { LIST_MOST = 1024 };

static const struct word driver_words[] = {
	{ "host-local", IPAM_HOST_LOCAL },
	{ "dhcp", IPAM_DHCP },
	{ "none", IPAM_NONE },
	{ NULL, 0 },
};

const char *network_driver_name(enum ipam_driver driver)
{
	return word_text(driver_words, driver);
}

int network_driver(const cJSON *network, enum ipam_driver *driver, struct failure *f)
{
	static const struct key key = { "driver", KEY_WORD, .words = driver_words };
	const struct key_scope scope = { json_member(network, "ipam_options"), "ipam_options", f };
	const cJSON *list = json_member(network, "subnets");
	const bool subnets = list && (!cJSON_IsArray(list) || list->child);
	uint32_t word = subnets ? IPAM_HOST_LOCAL : IPAM_DHCP;

	if (key_read(&key, &scope, &word) < 0)
		return -1;
	*driver = (enum ipam_driver)word;
	if (subnets == (*driver == IPAM_HOST_LOCAL))
		return 0;
	return fail(f, CNI_CONFIG,
	            subnets ? "only host-local goes with subnets" : "give it a subnet",
	            "IPAM driver %s of a network %s", network_driver_name(*driver),
	            subnets ? "that has subnets" : "without subnets");
}

/* What the parts of a configuration are made from. */
struct making {
	const cJSON *network;
	const cJSON *endpoint; /* NULL: none yet */
	cJSON *config;         /* the parts are added to it */
	struct options options;
	struct subnets subnets;
	struct failure *f;
};

static int no_memory(struct failure *f)
{
	return fail_errno(f, ENOMEM, "read the network");
}

static int text_add(cJSON *object, const char *name, const char *text, struct failure *f)
{
	return cJSON_AddStringToObject(object, name, text) ? 0 : no_memory(f);
}

/* The option parent is a network's that was not made by create, or a container's own. */
static int master_add(struct making *m)
{
	static const struct key key = { "network_interface", KEY_IFNAME, .max = MASTER_TEXT - 1 };
	const struct key_scope scope = { m->network, "network", m->f };
	char named[MASTER_TEXT] = "";

	if (key_read(&key, &scope, named) < 0)
		return -1;
	if (*m->options.parent)
		snprintf(named, sizeof named, "%s", m->options.parent);
	return *named ? text_add(m->config, "master", named, m->f) : 0;
}

/* The container's own address goes before the network's. */
static int mac_add(struct making *m)
{
	static const struct key key = { "static_mac", KEY_TEXT, .offset = 0 };
	const struct key_scope scope = { m->endpoint, "network_options", m->f };
	const char *mac = NULL;

	if (key_read(&key, &scope, &mac) < 0)
		return -1;
	if (!mac)
		return 0;
	cJSON *runtime = cJSON_AddObjectToObject(m->config, "runtimeConfig");
	return runtime ? text_add(runtime, "mac", mac, m->f) : no_memory(m->f);
}

struct static_route {
	struct cidr destination;
	struct ip gateway;
	uint32_t metric;
	const char *type;
};

static int route_check(const struct making *m, const struct key_scope *member,
                       const struct static_route *r)
{
	const struct ip network = cidr_network(&r->destination);
	const cJSON *text = json_member(member->object, "destination");

	if (r->type && strcmp(r->type, "unicast") != 0)
		return key_refuse(member, "route_type", json_member(member->object, "route_type"),
		                  "podtap sets unicast routes only");
	if (!ip_equal(&network, &r->destination.ip))
		return key_refuse(member, "destination", text, "it has bits beyond its prefix");
	if (r->gateway.family != r->destination.ip.family)
		return key_refuse(member, "destination", text,
		                  "its gateway must be an address of the same family");
	if (!subnets_find(&m->subnets, &r->gateway))
		return key_refuse(member, "gateway", json_member(member->object, "gateway"),
		                  "it must be in one of the network's subnets");
	return 0;
}

static int route_read(const struct key_scope *member, void *data)
{
#define FIELD(member) .offset = offsetof(struct static_route, member)
	static const struct key keys[] = {
		{ "destination", KEY_CIDR, FIELD(destination), .required = true },
		{ "gateway", KEY_IP, FIELD(gateway) },
		{ "metric", KEY_UINT, FIELD(metric), .max = UINT32_MAX },
		{ "route_type", KEY_TEXT, FIELD(type) },
	};
#undef FIELD
	struct making *m = data;
	struct static_route r = { .metric = METRIC };
	cJSON *routes = cJSON_GetObjectItemCaseSensitive(
	        cJSON_GetObjectItemCaseSensitive(m->config, "ipam"), "routes");

	if (!cJSON_IsObject(member->object))
		return key_refuse(member, "", member->object,
		                  "it must be an object with a destination");
	if (keys_read(keys, sizeof keys / sizeof *keys, member, &r) < 0 ||
	    route_check(m, member, &r) < 0)
		return -1;
	return route_json(routes, &r.destination, &r.gateway, r.metric, m->f);
}

static int routes_add(struct making *m, cJSON *ipam)
{
	static const struct key key = { "routes", KEY_LIST, .max = LIST_MOST, .each = route_read };
	const struct key_scope scope = { m->network, "network", m->f };
	cJSON *routes = cJSON_AddArrayToObject(ipam, "routes");

	if (!routes)
		return no_memory(m->f);
	if (!m->options.no_default_route &&
	    subnets_default_routes(&m->subnets, m->options.metric, routes, m->f) < 0)
		return -1;
	return key_read(&key, &scope, m);
}

/* Podman has reserved the addresses, so that podtap-ipam only reports them. */
static int host_local_add(struct making *m)
{
	cJSON *ipam = cJSON_AddObjectToObject(m->config, "ipam");

	if (!ipam || text_add(ipam, "type", "podtap-ipam", m->f) < 0)
		return no_memory(m->f);
	cJSON *addresses = cJSON_AddArrayToObject(ipam, "addresses");
	if (!addresses)
		return no_memory(m->f);
	if (m->endpoint && subnets_addresses(&m->subnets, m->endpoint, addresses, m->f) < 0)
		return -1;
	return routes_add(m, ipam);
}

/* No driver but host-local can give the addresses that a container asks for. */
static int asked_refuse(const struct making *m, enum ipam_driver driver)
{
	const cJSON *asked = json_member(m->endpoint, "static_ips");
	char text[96];

	if (cJSON_GetArraySize(asked) == 0)
		return 0;
	return fail(m->f, CNI_CONFIG,
	            "only a network with a subnet and the driver host-local can give it",
	            "IP address %s on a network with IPAM driver %s",
	            key_value_text(asked->child, text, sizeof text), network_driver_name(driver));
}

static int ipam_add_driver(struct making *m)
{
	enum ipam_driver driver;

	if (network_driver(m->network, &driver, m->f) < 0)
		return -1;
	if (driver == IPAM_HOST_LOCAL)
		return host_local_add(m);
	if (asked_refuse(m, driver) < 0)
		return -1;
	if (driver == IPAM_NONE)
		return 0;
	return text_add(cJSON_AddObjectToObject(m->config, "ipam"), "type", "dhcp", m->f);
}

/* As netavark does: with addresses of its own, a container takes none from router advertisements,
 * and does not start seconds later for them. A network that sets this itself decides. */
static int ipv6_add(struct making *m)
{
	cJSON *sysctl = cJSON_GetObjectItemCaseSensitive(m->config, "sysctl");
	const cJSON *setting;

	if (!subnets_have(&m->subnets, AF_INET6))
		return 0;
	if (!cJSON_HasObjectItem(m->config, "dad") && text_add(m->config, "dad", "fast", m->f) < 0)
		return -1;
	json_each_member(setting, sysctl)
	{
		if (strstr(setting->string, "autoconf"))
			return 0;
	}
	if (!sysctl)
		sysctl = cJSON_AddObjectToObject(m->config, "sysctl");
	return text_add(sysctl, "net.ipv6.conf.IFNAME.autoconf", "0", m->f);
}

static int dns_add(struct making *m)
{
	static const struct key server = { "", KEY_IP, .offset = 0 };
	static const struct key key = { "network_dns_servers", KEY_LIST, .max = LIST_MOST,
		                        .member = &server,
		                        .wanted = "it must be a list of IP addresses" };
	const struct key_scope scope = { m->network, "network", m->f };
	const cJSON *servers = NULL;

	if (key_read(&key, &scope, &servers) < 0)
		return -1;
	if (cJSON_GetArraySize(servers) == 0)
		return 0;
	cJSON *dns = cJSON_AddObjectToObject(m->config, "dns");
	cJSON *copy = dns ? cJSON_Duplicate(servers, 1) : NULL;
	if (copy && cJSON_AddItemToObject(dns, "nameservers", copy))
		return 0;
	json_release(&copy);
	return no_memory(m->f);
}

static int subnets_add(struct making *m)
{
	return subnets_read(&m->subnets, m->network, m->f);
}

/* The parts, each of which needs the ones before it. */
static int (*const parts[])(struct making *m) = {
	subnets_add, master_add, mac_add, ipam_add_driver, ipv6_add, dns_add,
};

static int options_make(struct making *m, bool leniently)
{
	const cJSON *network = json_member(m->network, "options");
	const cJSON *container = json_member(m->endpoint, "options");

	if (options_add(m->config, network, leniently, m->f) < 0 ||
	    options_add(m->config, container, leniently, m->f) < 0)
		return -1;
	options_read(&m->options, m->config);
	return 0;
}

cJSON *network_config(const cJSON *network, const cJSON *endpoint, bool leniently,
                      struct failure *f)
{
	OWNED(json_release) cJSON *config = cJSON_CreateObject();
	struct making m = { .network = network, .endpoint = endpoint, .config = config, .f = f };
	const char *name = json_string(json_member(network, "name"));

	if (text_add(config, "name", name ? name : "", f) < 0 ||
	    text_add(config, "type", "podtap", f) < 0 || options_make(&m, leniently) < 0)
		return NULL;
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
		if (parts[i](&m) == 0)
			continue;
		if (!leniently)
			return NULL;
		failure_clear(f);
	}
	return json_take(&config);
}
