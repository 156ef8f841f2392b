/* SPDX-License-Identifier: Apache-2.0 */
/* The keys of host-local that define the addresses, and the addresses that they exclude. */
#include "ipam/ipam_config.h"

#include "base/json.h"

#include <string.h>

#define FIELD(member) .offset = offsetof(struct range, member)
static const struct key range_keys[] = {
	{ "subnet", KEY_CIDR, FIELD(subnet) },
	{ "rangeStart", KEY_IP, FIELD(start) },
	{ "rangeEnd", KEY_IP, FIELD(end) },
	{ "gateway", KEY_IP, FIELD(gateway) },
};
enum { RANGE_KEYS = sizeof range_keys / sizeof *range_keys };

const struct key *ipam_range_key(size_t place)
{
	return place < RANGE_KEYS ? &range_keys[place] : NULL;
}

/* Reads a range. Returns 1; 0 if it has no subnet, and so is no range; -1 (CNI_CONFIG). */
static int range_read(const struct key_scope *s, struct range *r)
{
	if (!json_member(s->object, "subnet"))
		return 0;
	if (keys_read(range_keys, RANGE_KEYS, s, r) < 0)
		return -1;
	return range_complete(r, s->f) < 0 ? -1 : 1;
}

static int range_member(const struct key_scope *member, void *data)
{
	struct range_set *set = data;
	const int found = range_read(member, &set->ranges[set->n]);

	if (found == 0)
		return key_refuse(member, "", member->object,
		                  "it must be a range, with its subnet");
	set->n++;
	return found;
}

static struct range_set *set_begin(struct ipam_config *c, int ranges, struct failure *f)
{
	struct range_set *grown = realloc(c->sets, (c->n_sets + 1) * sizeof *grown);
	struct range *empty = calloc((size_t)ranges + 1, sizeof *empty);

	if (grown)
		c->sets = grown;
	if (!grown || !empty) {
		free(empty);
		fail_errno(f, ENOMEM, "collect ranges");
		return NULL;
	}
	c->sets[c->n_sets] = (struct range_set){ .ranges = empty };
	return &c->sets[c->n_sets++];
}

static const struct key range_object = { "", KEY_OBJECT, .members = ipam_range_key };
const struct key ipam_range_set = { "",
	                            KEY_LIST,
	                            .max = LIST_MAX,
	                            .member = &range_object,
	                            .each = range_member,
	                            .wanted = "it must be a range set, a list of ranges" };

int config_range_set_read(const struct key_scope *member, void *data)
{
	struct range_set *set = set_begin(data, cJSON_GetArraySize(member->object), member->f);

	return set ? key_read(&ipam_range_set, member, set) : -1;
}

/* Reads a single range that is spelled in ipam itself. */
static int legacy_read(struct ipam_config *c, const struct key_scope *s)
{
	struct range range = { .gateway.family = 0 };
	const int found = range_read(s, &range);

	if (found <= 0)
		return found;
	struct range_set *set = set_begin(c, 1, s->f);
	if (!set)
		return -1;
	set->ranges[set->n++] = range;
	return 0;
}

int config_ranges_begin(struct ipam_config *c, const cJSON *config, struct failure *f)
{
	static const struct key ip_ranges = { "ipRanges", KEY_LIST, .max = LIST_MAX,
		                              .each = config_range_set_read };
	const struct key_scope runtime = { json_member(config, "runtimeConfig"), "runtimeConfig",
		                           f };
	const struct key_scope ipam = { json_member(config, "ipam"), "ipam", f };

	return key_read(&ip_ranges, &runtime, c) < 0 ? -1 : legacy_read(c, &ipam);
}

/* Removes sets without a range, of which the node holds no address. */
static void sets_without_ranges_remove(struct ipam_config *c)
{
	size_t n = 0;

	for (size_t i = 0; i < c->n_sets; i++) {
		if (c->sets[i].n)
			c->sets[n++] = c->sets[i];
		else
			free(c->sets[i].ranges);
	}
	c->held.lacking = n == 0 || n < c->n_sets;
	c->n_sets = n;
}

int config_pool_read(struct ipam_config *c, const struct request *r, struct failure *f)
{
	static const struct key ranges = { "ranges", KEY_LIST, .max = LIST_MAX,
		                           .each = config_range_set_read };
	const struct key_scope ipam = { json_member(r->json, "ipam"), "ipam", f };
	struct failure wrong = { 0 };

	if (c->n_sets || c->static_outside_range)
		return key_refuse(&ipam, "pool", json_member(ipam.object, "pool"),
		                  "a pool has the place of subnet, ranges, ipRanges and "
		                  "staticOutsideRange");
	if (held_read(&c->held, f) < 0)
		return -1;
	const bool owned = c->sticky > STICKY_MEMORY;
	if (owned)
		held_call_find(&c->held, word_text(sticky_words, c->sticky), r->args, r->ifname);
	const struct key_scope file = { owned ? c->held.call.answer : c->held.json, "", &wrong };
	if (key_read(&ranges, &file, c) < 0)
		return fail(f, CNI_IO, wrong.details, "the file of pool %s: %s", c->held.pool,
		            wrong.msg);
	if (c->n_partners && config_partner_apply(c, f) < 0)
		return -1;
	sets_without_ranges_remove(c);
	if (!c->routes)
		c->routes = json_member(c->held.json, "routes");
	if (!c->dns)
		c->dns = json_member(c->held.json, "dns");
	return 0;
}

const struct range *config_range_find(const struct ipam_config *c, size_t set, const struct ip *ip)
{
	const struct range *found = range_set_find(&c->sets[set], ip);

	if (found || !c->static_outside_range)
		return found;
	for (size_t i = 0; i < c->n_sets; i++)
		if (range_set_find(&c->sets[i], ip))
			return NULL;
	return range_set_find_subnet(&c->sets[set], ip);
}

static int excluded_add(struct ipam_config *c, struct span span, struct failure *f)
{
	struct span *grown = realloc(c->excluded, (c->n_excluded + 1) * sizeof *grown);

	if (!grown)
		return fail_errno(f, ENOMEM, "collect what is excluded");
	c->excluded = grown;
	c->excluded[c->n_excluded++] = span;
	return 0;
}

int config_excluded_read(const struct key_scope *member, void *data)
{
	const struct ipam_config *c = data;
	const char *text = json_string(member->object);
	struct cidr network;
	struct span span;
	const char *mismatch = excluded_parse(text, &span);

	if (mismatch && c->spelled_loosely && text && cidr_parse(text, &network)) {
		span = cidr_span(&network);
		mismatch = NULL;
	}
	return mismatch ? key_refuse(member, "", member->object, mismatch)
	                : excluded_add(data, span, member->f);
}

int config_static_exclude(struct ipam_config *c, struct failure *f)
{
	for (size_t i = 0; i < c->n_addresses; i++) {
		const struct cidr *a = &c->addresses[i].address;
		const struct cidr single = { a->ip, (uint8_t)ip_bits(&a->ip) };
		if (excluded_add(c, cidr_span(&single), f) < 0)
			return -1;
	}
	return 0;
}
