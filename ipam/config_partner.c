/* SPDX-License-Identifier: Apache-2.0 */
/* The keys of whereabouts: which networks of a pool of the cluster the addresses come from. */
#include "ipam/ipam_config.h"

#include "base/json.h"
#include "ipam/partner.h"

#include <string.h>

struct spelled {
	const char *range;
	struct range ends;
};

#define FIELD(member) .offset = offsetof(struct spelled, member)
static const struct key excluded_member = { "", KEY_TEXT, .strict = true };
static const struct key range_keys[] = {
	{ "range", KEY_TEXT, FIELD(range) },
	{ "range_start", KEY_IP, FIELD(ends.start) },
	{ "range_end", KEY_IP, FIELD(ends.end) },
};
static const struct key excluded_key = { "exclude", KEY_LIST, .max = LIST_MAX,
	                                 .member = &excluded_member, .each = config_excluded_read };
#undef FIELD
enum { RANGE_KEYS = sizeof range_keys / sizeof *range_keys };

static const struct key *member_key(size_t place)
{
	return place < RANGE_KEYS ? &range_keys[place] : place == RANGE_KEYS ? &excluded_key : NULL;
}

static int ranges_member(const struct key_scope *member, void *data);
static const struct key range_member = { "", KEY_OBJECT, .members = member_key };
static const struct key own_keys[] = {
	{ "ipRanges", KEY_LIST, .max = PARTNERS_MAX, .member = &range_member,
	  .each = ranges_member },
	{ "network_name", KEY_TEXT, .offset = offsetof(struct ipam_config, network_name) },
};
enum { OWN_KEYS = sizeof own_keys / sizeof *own_keys };

const struct key *ipam_partner_key(size_t place)
{
	if (place < RANGE_KEYS)
		return &range_keys[place];
	return place - RANGE_KEYS < OWN_KEYS ? &own_keys[place - RANGE_KEYS] : NULL;
}

/* Returns whether there is a key range; "" counts as none. */
static bool has_range(const cJSON *ipam)
{
	const cJSON *range = json_member(ipam, "range");
	const char *text = json_string(range);

	return range && !(text && !*text);
}

bool config_has_partner(const cJSON *ipam)
{
	return has_range(ipam) || cJSON_GetArraySize(json_member(ipam, "ipRanges")) > 0;
}

/* Reads a range. The object may be ipam itself. */
static int range_read(struct ipam_config *c, const struct key_scope *s)
{
	struct spelled spelled = { .range = NULL };

	if (keys_read(range_keys, RANGE_KEYS, s, &spelled) < 0)
		return -1;
	if (!spelled.range)
		return key_refuse(s, "range", NULL, "it is needed");
	if (c->n_partners == PARTNERS_MAX)
		return key_refuse(s, "range", json_member(s->object, "range"),
		                  "a pool has four networks at most");
	struct range *r = &c->partners[c->n_partners++];
	*r = spelled.ends;
	return partner_range_read(r, spelled.range, s->f);
}

static int ranges_member(const struct key_scope *member, void *data)
{
	if (!cJSON_IsObject(member->object))
		return key_refuse(member, "", member->object, "it must be an object with range");
	return range_read(data, member) < 0 ? -1 : key_read(&excluded_key, member, data);
}

/* The gateway is that of the networks of its family. */
static int gateway_read(struct ipam_config *c, const struct key_scope *ipam)
{
	static const struct key key = { "gateway", KEY_IP, .offset = 0 };
	struct ip gateway = { .family = 0 };

	if (key_read(&key, ipam, &gateway) < 0)
		return -1;
	for (size_t i = 0; i < c->n_partners; i++)
		if (c->partners[i].subnet.ip.family == gateway.family)
			c->partners[i].gateway = gateway;
	return 0;
}

/* A network alone would give each node the same addresses: so it names the cluster's pool. */
static int pool_imply(struct ipam_config *c, const struct key_scope *ipam)
{
	const cJSON *sliced = json_member(ipam->object, "node_slice_size");
	const char *slice = json_string(sliced);

	if (c->held.pool)
		return 0;
	if (sliced && !(slice && !*slice))
		return key_refuse(ipam, "node_slice_size", sliced,
		                  "whereabouts gives each node a part of the range then: the key "
		                  "pool must name an AddressPool");
	if (partner_pool_name(c->network_name ? c->network_name : "", &c->partners[0].subnet,
	                      c->implied, ipam->f) < 0)
		return -1;
	c->held.pool = c->implied;
	return 0;
}

int config_partner_read(struct ipam_config *c, const struct key_scope *ipam)
{
	if (!config_has_partner(ipam->object))
		return 0;
	if (c->n_sets)
		return key_refuse(ipam, "range", json_member(ipam->object, "range"),
		                  "range and ipRanges have the place of subnet and ranges");
	if ((has_range(ipam->object) && range_read(c, ipam) < 0) ||
	    keys_read(own_keys, OWN_KEYS, ipam, c) < 0 || gateway_read(c, ipam) < 0)
		return -1;
	return pool_imply(c, ipam);
}

/* Adds the part of a range that lies in a network's. */
static void part_add(struct range_set *set, const struct range *held, const struct range *network)
{
	struct range part = *held;

	if (ip_compare(&part.start, &network->start) < 0)
		part.start = network->start;
	if (ip_compare(&part.end, &network->end) > 0)
		part.end = network->end;
	part.gateway = network->gateway;
	if (ip_compare(&part.start, &part.end) <= 0)
		set->ranges[set->n++] = part;
}

static bool subnet_equal(const struct cidr *a, const struct cidr *b)
{
	return a->prefix == b->prefix && ip_equal(&a->ip, &b->ip);
}

/* Makes the set of one network from what the node holds. Returns 0, or -1 without memory. */
static int set_make(struct range_set *out, const struct ipam_config *c, const struct range *network)
{
	size_t n = 0;

	for (size_t i = 0; i < c->n_sets; i++)
		n += c->sets[i].n;
	*out = (struct range_set){ .ranges = calloc(n + 1, sizeof *out->ranges) };
	for (size_t i = 0; out->ranges && i < c->n_sets; i++)
		for (size_t k = 0; k < c->sets[i].n; k++)
			if (subnet_equal(&c->sets[i].ranges[k].subnet, &network->subnet))
				part_add(out, &c->sets[i].ranges[k], network);
	return out->ranges ? 0 : -1;
}

static bool pool_has(const struct ipam_config *c)
{
	bool any = false;

	for (size_t i = 0; i < c->n_sets; i++)
		for (size_t k = 0; k < c->sets[i].n; k++) {
			any = true;
			for (size_t n = 0; n < c->n_partners; n++)
				if (subnet_equal(&c->sets[i].ranges[k].subnet,
				                 &c->partners[n].subnet))
					return true;
		}
	return !any;
}

static void sets_free(struct range_set *sets, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(sets[i].ranges);
	free(sets);
}

int config_partner_apply(struct ipam_config *c, struct failure *f)
{
	struct range_set *sets = calloc(c->n_partners + 1, sizeof *sets);
	char text[CIDR_TEXT];
	bool made = sets != NULL;

	for (size_t i = 0; made && i < c->n_partners; i++)
		made = set_make(&sets[i], c, &c->partners[i]) == 0;
	if (!made) {
		sets_free(sets, sets ? c->n_partners : 0);
		return fail_errno(f, ENOMEM, "collect ranges");
	}
	const bool right = pool_has(c);
	sets_free(c->sets, c->n_sets);
	c->sets = sets;
	c->n_sets = c->n_partners;
	return right ? 0
	             : fail(f, CNI_CONFIG, "give the pool the networks of range and ipRanges",
	                    "pool %s has no addresses of %s", c->held.pool,
	                    cidr_format(&c->partners[0].subnet, text));
}
