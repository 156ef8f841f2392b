/* SPDX-License-Identifier: Apache-2.0 */
/* The keys of host-local that say which addresses there are, and what is taken out of them. */
#include "ipam/ipam_config.h"

#include "base/json.h"
#include "ipam/keys.h"

#include <string.h>

/* 1: a range; 0: without a subnet there is none. */
static int range_read(const struct keys *k, struct range *r)
{
	const int found = key_cidr(k, "subnet", &r->subnet);

	if (found <= 0)
		return found;
	if (key_ip(k, "rangeStart", &r->start) < 0 || key_ip(k, "rangeEnd", &r->end) < 0 ||
	    key_ip(k, "gateway", &r->gateway) < 0)
		return -1;
	return range_complete(r, k->f) < 0 ? -1 : 1;
}

static int range_member(const struct keys *k, void *data)
{
	struct range_set *set = data;
	const int found = cJSON_IsObject(k->object) ? range_read(k, &set->ranges[set->n]) : 0;

	if (found == 0)
		return key_refuse(k, "", k->object, "it must be a range, with its subnet");
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

static int set_member(const struct keys *k, void *data)
{
	struct ipam_config *c = data;

	if (!cJSON_IsArray(k->object))
		return key_refuse(k, "", k->object, "it must be a range set, a list of ranges");
	struct range_set *set = set_begin(c, cJSON_GetArraySize(k->object), k->f);
	return set ? key_each(k, "", range_member, set) : -1;
}

/* A single range, spelled in ipam itself. */
static int legacy_read(struct ipam_config *c, const struct keys *k)
{
	struct range range = { .gateway.family = 0 };
	const int found = range_read(k, &range);

	if (found <= 0)
		return found;
	struct range_set *set = set_begin(c, 1, k->f);
	if (!set)
		return -1;
	set->ranges[set->n++] = range;
	return 0;
}

/* The order decides which last_reserved_ip.N is whose. */
int config_ranges_read(struct ipam_config *c, const cJSON *config, struct failure *f)
{
	const struct keys runtime = { json_member(config, "runtimeConfig"), "runtimeConfig", f };
	const struct keys ipam = { json_member(config, "ipam"), "ipam", f };

	if (key_each(&runtime, "ipRanges", set_member, c) < 0 || legacy_read(c, &ipam) < 0 ||
	    key_each(&ipam, "ranges", set_member, c) < 0)
		return -1;
	return range_sets_check(c->sets, c->n_sets, f);
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

static int excluded_member(const struct keys *k, void *data)
{
	const char *text = json_string(k->object);
	struct cidr net = { .prefix = 0 };
	struct ipam_config *c = data;

	if (text && ip_parse(text, &net.ip))
		net.prefix = (uint8_t)ip_bits(&net.ip);
	else if (!text || !cidr_parse(text, &net))
		return key_refuse(k, "", k->object,
		                  "it must be an address or a network such as 10.0.0.128/28");
	const struct ip network = cidr_network(&net);
	if (!ip_equal(&network, &net.ip))
		return key_refuse(k, "", k->object,
		                  "it has host bits set: an address alone is written without a "
		                  "prefix length");
	return excluded_add(c, cidr_span(&net), k->f);
}

/* After the static addresses, which a range must not give to others. */
int config_excluded_read(struct ipam_config *c, const cJSON *ipam, struct failure *f)
{
	const struct keys k = { ipam, "ipam", f };

	for (size_t i = 0; i < c->n_addresses; i++) {
		const struct cidr *a = &c->addresses[i].address;
		const struct cidr single = { a->ip, (uint8_t)ip_bits(&a->ip) };
		if (excluded_add(c, cidr_span(&single), f) < 0)
			return -1;
	}
	return key_each(&k, "exclude", excluded_member, c);
}
