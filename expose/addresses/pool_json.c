/* SPDX-License-Identifier: Apache-2.0 */
/* Reading the JSON of an AddressPool. */
#include "expose/addresses/objects.h"

#include "base/keys.h"

#include <stdio.h>
#include <string.h>

enum {
	SPARE = 2,
	MAX_PER_NODE = 64,
	MAX_PER_NODE_MOST = 256,
	HOLD_DOWN = 60,
	RECLAIM_AFTER = 600,
	STICKY_FOR = 86400,
	SECONDS_MOST = 86400 * 7,
	SPAN_BITS_MOST = 32, /* of a set's addresses: more help nobody */
};

/* The members that are not stored as they are spelled. */
struct spelled {
	struct address_pool *pool;
	const cJSON *size;
	const char *hold_down;
	const char *reclaim_after;
	const char *sticky_for;
};

static int excluded_member(const struct key_scope *member, void *data)
{
	struct pool_set *set = data;
	struct span *span = &set->excluded[set->n_excluded];
	const char *mismatch = excluded_parse(json_string(member->object), span);

	if (mismatch)
		return key_refuse(member, "", member->object, mismatch);
	set->n_excluded++;
	return 0;
}

#define FIELD(member) .offset = offsetof(struct pool_set, range.member)
static const struct key set_keys[] = {
	{ "subnet", KEY_CIDR, FIELD(subnet), .required = true },
	{ "rangeStart", KEY_IP, FIELD(start) },
	{ "rangeEnd", KEY_IP, FIELD(end) },
	{ "gateway", KEY_IP, FIELD(gateway) },
	{ "exclude", KEY_LIST, .max = POOL_EXCLUDED_MAX, .each = excluded_member },
};
#undef FIELD

static int set_member(const struct key_scope *member, void *data)
{
	const struct spelled *s = data;
	struct pool_set *set = &s->pool->sets[s->pool->n_sets];
	const struct range *r = &set->range;

	if (keys_read(set_keys, sizeof set_keys / sizeof *set_keys, member, set) < 0 ||
	    range_complete(&set->range, member->f) < 0)
		return -1;
	if ((ip_number(&r->end) - ip_number(&r->start)) >> SPAN_BITS_MOST)
		return key_refuse(member, "subnet", json_member(member->object, "subnet"),
		                  "rangeStart and rangeEnd must be at most 2^32 addresses apart");
	s->pool->n_sets++;
	return 0;
}

static const struct key spec_sets = { "sets", KEY_LIST, .max = POOL_SETS_MAX, .each = set_member,
	                              .required = true };
#define FIELD(member) .offset = offsetof(struct spelled, member)
static const struct key spelled_keys[] = {
	{ "holdDown", KEY_TEXT, FIELD(hold_down) },
	{ "reclaimAfter", KEY_TEXT, FIELD(reclaim_after) },
	{ "stickyFor", KEY_TEXT, FIELD(sticky_for) },
};
static const struct key claim_size = { "size", KEY_JSON, FIELD(size) };
#undef FIELD
#define FIELD(member) .offset = offsetof(struct address_pool, member)
static const struct key claim_keys[] = {
	{ "spare", KEY_UINT, FIELD(spare), .max = BLOCK_SIZE },
	{ "maxPerNode", KEY_UINT, FIELD(max_per_node), .min = 1, .max = MAX_PER_NODE_MOST },
};
#undef FIELD

/* Reads "60s", "10m" or "1h30m". */
static bool duration_read(const char *text, uint32_t *seconds)
{
	static const struct word units[] = { { "s", 1 }, { "m", 60 }, { "h", 3600 }, { NULL, 0 } };
	uint64_t sum = 0;

	if (!*text)
		return false;
	while (*text) {
		uint32_t unit;
		const size_t digits = strspn(text, "0123456789");
		const char letter[2] = { text[digits] };
		if (digits == 0 || digits > 6 || !word_find(units, letter, &unit))
			return false;
		sum += strtoul(text, NULL, 10) * (uint64_t)unit;
		text += digits + 1;
	}
	*seconds = (uint32_t)sum;
	return sum <= SECONDS_MOST;
}

static int duration_key(const struct key_scope *s, const char *name, const char *text,
                        uint32_t *seconds)
{
	if (!text || duration_read(text, seconds))
		return 0;
	return key_refuse(s, name, json_member(s->object, name),
	                  "it must be a duration such as \"60s\" or \"10m\", at most 168h");
}

static int size_read(const struct key_scope *s, const cJSON *value, uint32_t *size)
{
	const char *text = json_string(value);
	int64_t count;

	if (!value || (text && strcmp(text, "auto") == 0))
		return 0;
	if (!json_integer(value, &count) || count < 1 || count > BLOCK_SIZE ||
	    (count & (count - 1)) != 0)
		return key_refuse(s, "size", value, "it must be \"auto\", 1, 2, 4, 8 or 16");
	*size = (uint32_t)count;
	return 0;
}

static int copy_read(cJSON **to, const cJSON *from, struct failure *f)
{
	if (!from)
		return 0;
	*to = cJSON_Duplicate(from, true);
	return *to ? 0 : fail_errno(f, ENOMEM, "read a pool");
}

static double addresses_count(const struct address_pool *p)
{
	const struct ip none = { .family = 0 };
	double size = 0;

	for (size_t i = 0; i < p->n_sets; i++) {
		struct range range = p->sets[i].range;
		const struct range_set set = { &range, 1 };
		OWNED(pool_release) struct pool pool = { 0 };
		struct failure ignored = { 0 };
		if (pool_make(&pool, &set, &none, p->sets[i].excluded, p->sets[i].n_excluded,
		              &ignored) == 0)
			size += (double)pool.size;
	}
	return size;
}

static int spec_read(struct address_pool *p, const cJSON *json, struct failure *f)
{
	const struct key_scope spec = { json, "spec", f };
	const struct key_scope claim = { json_member(json, "claim"), "spec.claim", f };
	struct spelled s = { .pool = p };
	struct range_set one[POOL_SETS_MAX];

	p->spare = SPARE;
	p->max_per_node = MAX_PER_NODE;
	p->hold_down = HOLD_DOWN;
	p->reclaim_after = RECLAIM_AFTER;
	p->sticky_for = STICKY_FOR;
	if (key_read(&spec_sets, &spec, &s) < 0 ||
	    keys_read(spelled_keys, sizeof spelled_keys / sizeof *spelled_keys, &spec, &s) < 0 ||
	    key_read(&claim_size, &claim, &s) < 0 ||
	    keys_read(claim_keys, sizeof claim_keys / sizeof *claim_keys, &claim, p) < 0)
		return -1;
	if (p->n_sets == 0)
		return fail(f, CNI_CONFIG, "it needs at least one network", "spec.sets is empty");
	for (size_t i = 0; i < p->n_sets; i++)
		one[i] = (struct range_set){ &p->sets[i].range, 1 };
	if (duration_key(&spec, "holdDown", s.hold_down, &p->hold_down) < 0 ||
	    duration_key(&spec, "reclaimAfter", s.reclaim_after, &p->reclaim_after) < 0 ||
	    duration_key(&spec, "stickyFor", s.sticky_for, &p->sticky_for) < 0 ||
	    size_read(&claim, s.size, &p->size) < 0 || range_sets_check(one, p->n_sets, f) < 0 ||
	    pool_shared_read(p, json_member(json, "whereabouts"), f) < 0)
		return -1;
	p->n_addresses = addresses_count(p);
	return copy_read(&p->routes, json_member(json, "routes"), f) < 0
	               ? -1
	               : copy_read(&p->dns, json_member(json, "dns"), f);
}

/* Returns a number that orders the times of one clock: of "2026-11-28T21:40:16Z" the digits. */
static int64_t born_read(const char *text)
{
	int64_t born = 0;

	/* Such a time has fourteen digits; more could not be held. */
	for (size_t i = 0; text && text[i] && i < 20; i++)
		if (text[i] >= '0' && text[i] <= '9' && born < INT64_MAX / 100)
			born = born * 10 + (text[i] - '0');
	return born;
}

int pool_read(struct address_pool *p, const cJSON *object, struct failure *f)
{
	const cJSON *metadata = json_member(object, "metadata");
	const char *name = json_string(json_member(metadata, "name"));
	struct failure cause = { 0 };

	if (!name || !pool_name_valid(name))
		return fail(f, CNI_CONFIG, "it must be a DNS label", "the pool's name \"%.80s\"",
		            name ? name : "");
	snprintf(p->name, sizeof p->name, "%s", name);
	snprintf(p->version, sizeof p->version, "%s",
	         json_string(json_member(metadata, "resourceVersion")) ?: "");
	p->born = born_read(json_string(json_member(metadata, "creationTimestamp")));
	p->deleting = json_member(metadata, "deletionTimestamp") != NULL;
	pool_status_read(p, object);
	if (spec_read(p, json_member(object, "spec"), &cause) == 0)
		return copy_read(&p->object, object, f);
	return fail(f, CNI_CONFIG, cause.details, "pool %s: %s", p->name, cause.msg);
}
