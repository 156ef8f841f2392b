/* SPDX-License-Identifier: Apache-2.0 */
/* Reading the allocator's configuration as a whole. */
#include "ipam/ipam_config.h"

#include "base/json.h"

#include <string.h>

void ipam_config_release(struct ipam_config *c)
{
	for (size_t i = 0; i < c->n_sets; i++)
		free(c->sets[i].ranges);
	free(c->sets);
	free(c->excluded);
	free(c->addresses);
	free(c->networks);
	held_release(&c->held);
	ip_list_release(&c->wanted);
	result_release(&c->described);
	json_release(&c->description);
	*c = (struct ipam_config){ .held = HELD_NONE };
}

const struct word sticky_words[] = {
	{ "pod", STICKY_POD },
	{ "vm", STICKY_VM },
	{ "claim", STICKY_CLAIM },
	{ NULL, 0 },
};

#define FIELD(member) .offset = offsetof(struct ipam_config, member)
static const struct key excluded_member = { "", KEY_TEXT, .strict = true };
static const struct key ipam_keys[] = {
	{ "dataDir", KEY_TEXT, FIELD(data_dir) },
	{ "pool", KEY_TEXT, FIELD(held.pool) },
	{ "poolWait", KEY_UINT, FIELD(held.wait), .max = HELD_WAIT_MOST },
	{ "keepAcrossBoots", KEY_BOOL, FIELD(keep_across_boots) },
	{ "sticky", KEY_SWITCH, FIELD(sticky), .words = sticky_words },
	{ "staticOutsideRange", KEY_BOOL, FIELD(static_outside_range) },
	{ "strictStatus", KEY_BOOL, FIELD(strict_status) },
	{ "ranges", KEY_LIST, .max = LIST_MAX, .member = &ipam_range_set,
	  .each = config_range_set_read },
	{ "addresses", KEY_LIST, .max = LIST_MAX, .member = &ipam_address,
	  .each = config_address_read },
	{ "exclude", KEY_LIST, .max = LIST_MAX, .member = &excluded_member,
	  .each = config_excluded_read },
	{ "resolvConf", KEY_TEXT, FIELD(resolv_conf) },
	{ "routes", KEY_JSON, FIELD(routes) },
	{ "dns", KEY_JSON, FIELD(dns) },
};
enum { IPAM_KEYS = sizeof ipam_keys / sizeof *ipam_keys };

const struct key *ipam_own_key(size_t place)
{
	return place < IPAM_KEYS ? &ipam_keys[place] : ipam_range_key(place - IPAM_KEYS);
}

const struct key *ipam_key(size_t place)
{
	const struct key *own = ipam_own_key(place);
	size_t before = 0;

	if (own)
		return own;
	while (ipam_own_key(before))
		before++;
	return ipam_partner_key(place - before);
}

/* The key of this name of the main plugin applies to us too. */
static const struct key top_strict_status = { "strictStatus", KEY_BOOL, FIELD(strict_status) };

enum { HELD_WAIT = 2 }; /* seconds */
static const char data_dir_default[] = "/var/lib/cni/networks";

int ipam_data_dir(const cJSON *config, const char **data_dir, struct failure *f)
{
	static const struct key key = { "dataDir", KEY_TEXT, .offset = 0 };
	const struct key_scope ipam = { json_member(config, "ipam"), "ipam", f };

	*data_dir = data_dir_default;
	return key_read(&key, &ipam, data_dir);
}

/* Uses the contents of resolvConf only if the configuration has no dns. */
static int dns_describe(struct ipam_config *c, struct failure *f)
{
	if (c->dns && (c->dns->child || !c->resolv_conf))
		cJSON_AddItemReferenceToObject(c->description, "dns", (cJSON *)(uintptr_t)c->dns);
	else if (c->resolv_conf) {
		cJSON *read = resolv_conf_read(c->resolv_conf, f);
		if (!read)
			return -1;
		cJSON_AddItemToObject(c->description, "dns", read);
	}
	return 0;
}

/* Reads routes and dns as members of a result, because they become such members. */
static int description_read(struct ipam_config *c, struct failure *f)
{
	struct failure refusal = { 0 };

	c->description = cJSON_CreateObject();
	if (c->routes)
		cJSON_AddItemReferenceToObject(c->description, "routes",
		                               (cJSON *)(uintptr_t)c->routes);
	if (dns_describe(c, f) < 0)
		return -1;
	if (result_read_by_host(&c->described, c->description, V1_1_0, "configuration key ipam",
	                        &refusal) < 0)
		return fail(f, CNI_CONFIG, refusal.details, "%s", refusal.msg);
	return 0;
}

static size_t addresses_count(const struct ipam_config *c, uint8_t family)
{
	size_t n = 0;

	for (size_t i = 0; i < c->n_sets; i++)
		n += c->sets[i].ranges[0].subnet.ip.family == family;
	for (size_t i = 0; i < c->n_addresses; i++)
		n += c->addresses[i].address.ip.family == family;
	return n;
}

static int set_check(const struct ipam_config *c, size_t i, struct failure *f)
{
	OWNED(pool_release) struct pool pool = { 0 };
	const struct ip none = { .family = 0 };
	char text[512];

	if (pool_make(&pool, &c->sets[i], &none, c->excluded, c->n_excluded, f) < 0)
		return -1;
	if (pool.size > 0)
		return 0;
	return fail(f, CNI_CONFIG, "the gateway and what is excluded are all of it",
	            "range set %zu (%s) has no address to give", i,
	            range_set_text(&c->sets[i], text, sizeof text));
}

static int relations_check(const struct ipam_config *c, enum version v, struct failure *f)
{
	if (v < V0_3_0 && (addresses_count(c, AF_INET) > 1 || addresses_count(c, AF_INET6) > 1))
		return fail(f, CNI_CONFIG, "0.3.0 and later do",
		            "CNI version %s does not support more than 1 address per family",
		            version_text(v));
	for (size_t i = 0; i < c->n_sets; i++)
		if (set_check(c, i, f) < 0)
			return -1;
	return 0;
}

static int sticky_check(const struct ipam_config *c, const struct key_scope *ipam)
{
	if (c->sticky <= STICKY_MEMORY || c->held.pool)
		return 0;
	return key_refuse(ipam, "sticky", json_member(ipam->object, "sticky"),
	                  "only an address of a pool (the key pool) belongs to an owner; without "
	                  "one it must be true or false");
}

int ipam_config_read(struct ipam_config *c, const struct request *r, struct failure *f)
{
	const struct key_scope top = { r->json, "", f };
	const struct key_scope ipam = { json_member(r->json, "ipam"), "ipam", f };

	*c = (struct ipam_config){ .data_dir = data_dir_default,
		                   .held = { .fd = -1, .wait = HELD_WAIT } };
	if (!cJSON_IsObject(ipam.object))
		return fail(f, CNI_CONFIG, "it must be an object", "configuration key ipam is %s",
		            ipam.object ? "something else" : "missing");
	c->spelled_loosely = config_has_partner(ipam.object);
	if (key_read(&top_strict_status, &top, c) < 0 || config_ranges_begin(c, r->json, f) < 0 ||
	    keys_read(ipam_keys, IPAM_KEYS, &ipam, c) < 0 || config_partner_read(c, &ipam) < 0 ||
	    sticky_check(c, &ipam) < 0 || (c->held.pool && config_pool_read(c, r, f) < 0) ||
	    range_sets_check(c->sets, c->n_sets, f) < 0)
		return -1;
	if (config_wanted_read(c, r, f) < 0 || config_static_exclude(c, f) < 0 ||
	    description_read(c, f) < 0)
		return -1;
	return relations_check(c, r->version, f);
}

int config_describe(const struct ipam_config *c, struct result *result, struct failure *f)
{
	for (size_t i = 0; i < c->n_addresses; i++) {
		struct ip_config *out = result_add_ip(result, f);
		if (!out)
			return -1;
		out->address = c->addresses[i].address;
		out->gateway = c->addresses[i].gateway;
	}
	for (size_t i = 0; i < c->described.n_routes; i++) {
		struct route *out = result_add_route(result, f);
		if (!out)
			return -1;
		*out = c->described.routes[i];
	}
	result->dns = c->described.dns;
	return 0;
}
