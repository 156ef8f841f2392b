/* SPDX-License-Identifier: Apache-2.0 */
/* Explicit addresses: the keys of static, and the addresses that a runtime requests. */
#include "ipam/ipam_config.h"

#include "base/json.h"

#include <stdio.h>
#include <string.h>

static int address_add(struct ipam_config *c, const struct static_address *a, struct failure *f)
{
	struct static_address *grown;

	for (size_t i = 0; i < c->n_addresses; i++)
		if (ip_equal(&c->addresses[i].address.ip, &a->address.ip))
			return 0;
	grown = realloc(c->addresses, (c->n_addresses + 1) * sizeof *grown);
	if (!grown)
		return fail_errno(f, ENOMEM, "collect addresses");
	c->addresses = grown;
	c->addresses[c->n_addresses++] = *a;
	return 0;
}

#define FIELD(member) .offset = offsetof(struct static_address, member)
static const struct key address_keys[] = {
	{ "address", KEY_CIDR, FIELD(address), .required = true,
	  .wanted = "it must be an address with its prefix length, such as "
	            "10.0.0.5/24 or fd00::5/64" },
	{ "gateway", KEY_IP, FIELD(gateway) },
};
enum { ADDRESS_KEYS = sizeof address_keys / sizeof *address_keys };

static const struct key *address_key(size_t place)
{
	return place < ADDRESS_KEYS ? &address_keys[place] : NULL;
}
const struct key ipam_address = { "", KEY_OBJECT, .members = address_key };

int config_address_read(const struct key_scope *member, void *data)
{
	struct static_address a = { .address.prefix = 0 };

	if (!cJSON_IsObject(member->object))
		return key_refuse(member, "", member->object,
		                  "it must be an object with an address");
	if (keys_read(address_keys, ADDRESS_KEYS, member, &a) < 0)
		return -1;
	return address_add(data, &a, member->f);
}

/* Keeps the configured addresses as networks, because requested addresses may replace them. */
static int networks_keep(struct ipam_config *c, struct failure *f)
{
	if (c->n_addresses == 0)
		return 0;
	c->networks = malloc(c->n_addresses * sizeof *c->networks);
	if (!c->networks)
		return fail_errno(f, ENOMEM, "collect addresses");
	memcpy(c->networks, c->addresses, c->n_addresses * sizeof *c->networks);
	c->n_networks = c->n_addresses;
	return 0;
}

static const struct static_address *network_find(const struct static_address *list, size_t n,
                                                 const struct ip *ip, bool gateway)
{
	for (size_t i = 0; i < n; i++)
		if (cidr_contains(&list[i].address, ip) && (!gateway || list[i].gateway.family))
			return &list[i];
	return NULL;
}

/* Gives an address without a gateway the gateway of its network, if another address has one. The
 * addresses of the configuration come first. */
static void gateways_inherit(struct ipam_config *c)
{
	for (size_t i = 0; i < c->n_addresses; i++) {
		struct static_address *a = &c->addresses[i];
		const struct static_address *n =
		        network_find(c->networks, c->n_networks, &a->address.ip, true);
		if (!n)
			n = network_find(c->addresses, c->n_addresses, &a->address.ip, true);
		if (!a->gateway.family && n && !ip_equal(&n->gateway, &a->address.ip))
			a->gateway = n->gateway;
	}
}

/* Parses one requested address. With ranges only the address counts. Without ranges it also needs a
 * prefix length: its own, or that of a configured network that contains it. */
static bool wanted_parse(const struct ipam_config *c, const char *text, struct cidr *out)
{
	const bool prefixed = cidr_parse(text, out);

	if (prefixed || !ip_parse(text, &out->ip))
		return prefixed;
	out->prefix = (uint8_t)ip_bits(&out->ip);
	if (c->n_sets > 0)
		return true;
	const struct static_address *n = network_find(c->networks, c->n_networks, &out->ip, false);
	if (!n)
		n = network_find(c->addresses, c->n_addresses, &out->ip, false);
	if (n)
		out->prefix = n->address.prefix;
	return n != NULL;
}

static const char *wanted_form(const struct ipam_config *c)
{
	return c->n_sets > 0 ? "it must be an IP address"
	                     : "it must be an IP address with its prefix length, since no range "
	                       "says it";
}

static int wanted_add(struct ipam_config *c, const struct cidr *address, struct failure *f)
{
	const struct static_address a = { .address = *address };

	if (c->n_sets == 0)
		return address_add(c, &a, f);
	return ip_list_has(&c->wanted, &address->ip) ? 0 : ip_list_add(&c->wanted, &address->ip, f);
}

struct asking {
	struct ipam_config *config;
	bool first; /* the next address is the first of its list */
};

/* Without ranges, a list replaces all earlier addresses. */
static int wanted_member(const struct key_scope *member, void *data)
{
	struct asking *asking = data;
	struct ipam_config *c = asking->config;
	const char *text = json_string(member->object);
	struct cidr address;

	if (!text || !wanted_parse(c, text, &address))
		return key_refuse(member, "", member->object, wanted_form(c));
	if (asking->first && c->n_sets == 0)
		c->n_addresses = 0;
	asking->first = false;
	return wanted_add(c, &address, member->f);
}

static int wanted_list(struct ipam_config *c, const cJSON *object, const char *path,
                       struct failure *f)
{
	static const struct key ips = { "ips", KEY_LIST, .max = LIST_MAX, .each = wanted_member };
	struct key_scope scope = { .object = object, .f = f };
	struct asking asking = { c, true };

	snprintf(scope.path, sizeof scope.path, "%s", path);
	return key_read(&ips, &scope, &asking);
}

/* Takes the next word of a comma list, without the space around it. Returns false at the end. */
static bool word_next(char **list, char **word)
{
	static const char space[] = " \t";

	if (!*list)
		return false;
	*word = strsep(list, ",");
	*word += strspn(*word, space);
	size_t length = strlen(*word);
	while (length > 0 && strchr(space, (*word)[length - 1]))
		(*word)[--length] = '\0';
	return true;
}

static int arg_list(const char *args, const char *key, char *value, size_t size, struct failure *f)
{
	const int found = args_find(args, key, value, size);

	if (found < 0)
		return fail(f, CNI_ENV, "the list is too long", "CNI_ARGS: invalid %s", key);
	return found;
}

static int arg_addresses(struct ipam_config *c, const char *args, struct failure *f)
{
	char value[4096], *list = value, *word;
	const int found = arg_list(args, "IP", value, sizeof value, f);
	struct cidr address;

	if (found <= 0)
		return found;
	while (word_next(&list, &word)) {
		if (!wanted_parse(c, word, &address))
			return fail(f, CNI_ENV, wanted_form(c), "CNI_ARGS: invalid IP \"%.128s\"",
			            word);
		if (wanted_add(c, &address, f) < 0)
			return -1;
	}
	return 0;
}

static int arg_gateways(struct ipam_config *c, const char *args, struct failure *f)
{
	char value[4096], *list = value, *word;
	const int found = arg_list(args, "GATEWAY", value, sizeof value, f);
	struct ip gateway;

	if (found <= 0)
		return found;
	while (word_next(&list, &word)) {
		if (!ip_parse(word, &gateway))
			return fail(f, CNI_ENV, "it must be an IP address",
			            "CNI_ARGS: invalid GATEWAY \"%.128s\"", word);
		for (size_t i = 0; i < c->n_addresses; i++)
			if (cidr_contains(&c->addresses[i].address, &gateway))
				c->addresses[i].gateway = gateway;
	}
	return 0;
}

int config_wanted_read(struct ipam_config *c, const struct request *r, struct failure *f)
{
	static const char *const known[] = {
		"IP",
		"GATEWAY",
		"MAC",
		"K8S_POD_NAMESPACE",
		"K8S_POD_NAME",
		"K8S_POD_UID",
		"K8S_POD_INFRA_CONTAINER_ID",
		NULL,
	};
	const cJSON *args = json_member(json_member(r->json, "args"), "cni");

	if (args_check(r->args, known, f) < 0 || networks_keep(c, f) < 0)
		return -1;
	if (arg_addresses(c, r->args, f) < 0 || wanted_list(c, args, "args.cni", f) < 0 ||
	    wanted_list(c, json_member(r->json, "runtimeConfig"), "runtimeConfig", f) < 0)
		return -1;
	/* This must be the last step: the gateways are for the remaining addresses. */
	if (arg_gateways(c, r->args, f) < 0)
		return -1;
	gateways_inherit(c);
	return 0;
}
