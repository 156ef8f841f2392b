/* SPDX-License-Identifier: Apache-2.0 */
/* CHECK and STATUS: they report what is wrong, and change nothing. */
#include "ipam/allocator.h"

#include "base/json.h"
#include "ipam/ipam_config.h"
#include "ipam/ledger.h"
#include "ipam/place.h"

#include <stdio.h>
#include <string.h>

static const struct ip_config *reported_find(const struct result *reported, const struct ip *ip)
{
	for (size_t i = 0; i < reported->n_ips; i++)
		if (ip_equal(&reported->ips[i].address.ip, ip))
			return &reported->ips[i];
	return NULL;
}

static int statics_check(const struct ipam_config *c, const struct result *reported,
                         struct failure *f)
{
	char text[CIDR_TEXT], gateway[IP_TEXT];

	for (size_t i = 0; i < c->n_addresses; i++) {
		const struct static_address *a = &c->addresses[i];
		const struct ip_config *there = reported_find(reported, &a->address.ip);
		if (!there)
			return fail(f, CNI_OTHER, "prevResult does not have it",
			            "address %s is configured", cidr_format(&a->address, text));
		if (a->gateway.family && !ip_equal(&a->gateway, &there->gateway))
			return fail(f, CNI_OTHER, "prevResult has another",
			            "address %s is configured with gateway %s",
			            cidr_format(&a->address, text),
			            ip_format(&a->gateway, gateway));
	}
	return 0;
}

/* Checks that every reserved address is reported. */
static int reserved_check(const struct ip_list *held, const struct result *reported,
                          const struct request *r, struct failure *f)
{
	char text[IP_TEXT];

	if (held->n == 0)
		return fail(f, CNI_OTHER, "ADD was not called, or something released it",
		            "container %.64s has no address reserved for %s", r->container_id,
		            r->ifname);
	for (size_t i = 0; i < held->n; i++)
		if (!reported_find(reported, &held->ips[i]))
			return fail(f, CNI_OTHER, "prevResult does not have it",
			            "address %s is reserved for container %.64s",
			            ip_format(&held->ips[i], text), r->container_id);
	return 0;
}

/* Returns whether we reserve this address: it is in a range, or was requested outside the
 * ranges. */
static bool is_ours(const struct ipam_config *c, const struct ip *ip)
{
	const bool wanted = ip_list_has(&c->wanted, ip);

	for (size_t i = 0; i < c->n_sets; i++)
		if (range_set_find(&c->sets[i], ip) || (wanted && config_range_find(c, i, ip)))
			return true;
	return false;
}

/* Checks that every reported address of ours is reserved. */
static int reported_check(const struct ledger *l, const struct ipam_config *c,
                          const struct ip_list *held, const struct result *reported,
                          struct failure *f)
{
	char text[IP_TEXT], holder[HOLDER_MAX + 1], details[128] = "nobody has it reserved";

	for (size_t i = 0; i < reported->n_ips; i++) {
		const struct ip *ip = &reported->ips[i].address.ip;
		if (!is_ours(c, ip) || ip_list_has(held, ip))
			continue;
		if (store_read(&l->store, ip, holder) == HOLDING_SOMEONE)
			snprintf(details, sizeof details, "it is reserved for container %.64s",
			         holder);
		return fail(f, CNI_OTHER, details, "address %s of prevResult", ip_format(ip, text));
	}
	return 0;
}

static int ranges_check(const struct ipam_config *c, const struct request *r,
                        const struct result *reported, struct failure *f)
{
	OWNED(ledger_release) struct ledger ledger = LEDGER_CLOSED;
	OWNED(ip_list_release) struct ip_list held = { 0 };
	char holder[HOLDER_MAX];

	if (holder_format(r, holder, sizeof holder, f) < 0)
		return -1;
	const enum found open = ledger_open(&ledger, c->data_dir, r->name, STORE_CHANGE, f);
	if (open == FOUND_FAILED || (open == FOUND && ledger_find(&ledger, holder, &held, f) < 0))
		return -1;
	if (open == FOUND && held.n == 0 && ledger_find(&ledger, r->container_id, &held, f) < 0)
		return -1;
	if (held.n == 0 && ledger_whole(&ledger, f) < 0)
		return -1;
	if (reserved_check(&held, reported, r, f) < 0)
		return -1;
	return reported_check(&ledger, c, &held, reported, f);
}

int allocator_check(const struct request *r, struct failure *f)
{
	OWNED(ipam_config_release) struct ipam_config config;
	OWNED(result_release) struct result reported = { .dns = NULL };
	const cJSON *previous = json_member(r->json, "prevResult");

	if (ipam_config_read(&config, r, f) < 0)
		return -1;
	if (!previous)
		return fail(f, CNI_CONFIG, "CHECK compares with it", "required prevResult missing");
	if (result_read(&reported, previous, r->version, "prevResult", f) < 0 ||
	    statics_check(&config, &reported, f) < 0)
		return -1;
	return config.n_sets > 0 || config.held.pool ? ranges_check(&config, r, &reported, f) : 0;
}

static int writable_check(const struct ipam_config *c, const struct request *r, struct failure *f)
{
	char path[PATH_MAX];

	if (snprintf(path, sizeof path, "%s/%s", c->data_dir, r->name) >= (int)sizeof path)
		return fail(f, CNI_UNAVAILABLE, "the path is too long", "dataDir %.200s",
		            c->data_dir);
	return place_check("the reservations", path, "lock", f);
}

static int room_check(struct ledger *l, const struct ipam_config *c, size_t set, struct failure *f)
{
	OWNED(pool_release) struct pool pool = { 0 };
	const struct ip none = { .family = 0 };
	char text[512], count[NUMBER_TEXT], details[128];
	struct ip free_ip;

	if (pool_make(&pool, &c->sets[set], &none, c->excluded, c->n_excluded, f) < 0)
		return -1;
	const enum found found = ledger_find_free(l, &pool, &free_ip, f);
	if (found != FOUND_NONE)
		return found == FOUND ? 0 : -1;
	snprintf(details, sizeof details, "all %s addresses are reserved",
	         number_format(pool.size, count));
	return fail(f, CNI_UNAVAILABLE, details, "range set %zu (%s) is exhausted", set,
	            range_set_text(&c->sets[set], text, sizeof text));
}

static int rooms_check(const struct ipam_config *c, const struct request *r, struct failure *f)
{
	OWNED(ledger_release) struct ledger ledger = LEDGER_CLOSED;
	const enum found open = ledger_open(&ledger, c->data_dir, r->name, STORE_LOOK, f);

	if (open != FOUND)
		return open == FOUND_NONE ? 0 : -1;
	if (ledger.pending && !c->keep_across_boots) /* the next ADD makes room */
		return 0;
	for (size_t i = 0; i < c->n_sets; i++)
		if (room_check(&ledger, c, i, f) < 0)
			return -1;
	return 0;
}

static bool capability(const struct request *r, const char *name)
{
	return cJSON_IsTrue(json_member(json_member(r->json, "capabilities"), name));
}

static int service_check(struct ipam_config *c, const struct request *r, bool strict,
                         struct failure *f)
{
	if (ipam_config_read(c, r, f) < 0)
		return -1;
	if (c->held.pool && !c->held.json)
		return held_exhausted(&c->held, f);
	if (c->n_sets == 0 && !c->held.pool)
		/* Each ADD can still bring addresses. */
		return c->n_addresses > 0 || capability(r, "ips") || capability(r, "ipRanges")
		               ? 0
		               : fail(f, CNI_CONFIG, "subnet, ranges or addresses say which",
		                      "no IP ranges and no addresses specified in ipam");
	if (writable_check(c, r, f) < 0)
		return -1;
	return c->strict_status || strict ? rooms_check(c, r, f) : 0;
}

static int answer(const struct request *r, bool strict, struct failure *f)
{
	OWNED(ipam_config_release) struct ipam_config config;
	struct failure cause = { 0 };

	if (service_check(&config, r, strict, &cause) == 0)
		return 0;
	return fail(f, CNI_UNAVAILABLE, cause.details, "%s", cause.msg);
}

int allocator_status(const struct request *r, struct failure *f)
{
	return answer(r, false, f);
}

int allocator_room(const struct request *r, struct failure *f)
{
	return answer(r, true, f);
}
