/* SPDX-License-Identifier: Apache-2.0 */
/* ADD: reserves one address of every range set, all or none. */
#include "ipam/allocator.h"

#include "ipam/held_wait.h"
#include "ipam/ipam_config.h"
#include "ipam/ledger.h"
#include "ipam/pool_enter.h"
#include "ipam/sticky.h"

#include <stdio.h>
#include <string.h>

struct allocation {
	const struct ipam_config *config;
	const struct ip_list *avoid;
	struct ledger ledger;
	char *holder;           /* borrowed, of HOLDER_MAX bytes */
	char name[STICKY_NAME]; /* "": nothing is remembered */
	struct ip_list wanted;  /* requested and not yet given */
	struct ip *made;        /* owned; released on failure unless committed */
	size_t n_made;
	bool committed;
	struct failure *f;
};

/* Another call may have released the addresses, and given them to others, since the ledger was
 * unlocked. */
APART static void allocation_undo(struct allocation *a)
{
	struct failure ignored = { 0 }; /* the first cause must be reported */

	if (a->ledger.store.lock < 0 && ledger_lock(&a->ledger, &ignored) != FOUND)
		return;
	for (size_t i = 0; i < a->n_made; i++)
		if (ledger_holds(&a->ledger, &a->made[i], a->holder) &&
		    ledger_remove(&a->ledger, &a->made[i], a->holder, &ignored) < 0)
			break;
}

static void allocation_release(struct allocation *a)
{
	if (a->n_made && !a->committed)
		allocation_undo(a);
	free(a->made);
	ip_list_release(&a->wanted);
	ledger_release(&a->ledger);
}

int holder_format(const struct request *r, char *holder, size_t size, struct failure *f)
{
	const int n = snprintf(holder, size, "%s\r\n%s", r->container_id, r->ifname);

	if (n < (int)size)
		return 0;
	return fail(f, CNI_ENV, "it is too long to be kept", "CNI_CONTAINERID %.64s...",
	            r->container_id);
}

/* Refuses a second ADD of the same attachment, as host-local does. */
static int duplicate_check(struct allocation *a)
{
	const struct ipam_config *c = a->config;
	struct ip_list held = { 0 };
	const struct ip *twice = NULL;
	char text[IP_TEXT];

	const int result = ledger_find(&a->ledger, a->holder, &held, a->f);
	for (size_t i = 0; i < held.n && !twice; i++)
		for (size_t k = 0; k < c->n_sets && !twice; k++)
			if (config_range_find(c, k, &held.ips[i]))
				twice = &held.ips[i];
	if (twice)
		fail(a->f, CNI_OTHER, "duplicate allocation is not allowed",
		     "%s has been allocated to %.*s already", ip_format(twice, text),
		     (int)strcspn(a->holder, "\r"), a->holder);
	ip_list_release(&held);
	return twice ? -1 : result;
}

static const struct span *excluded_find(const struct ipam_config *c, const struct ip *ip)
{
	for (size_t i = 0; i < c->n_excluded; i++)
		if (span_contains(&c->excluded[i], ip))
			return &c->excluded[i];
	return NULL;
}

APART static int taken(const struct allocation *a, size_t set, const struct ip *ip)
{
	char text[IP_TEXT], holder[HOLDER_MAX + 1], details[256];
	const enum holding holding = store_read(&a->ledger.store, ip, holder);
	const size_t id = strcspn(holder, "\r\n");

	if (holding == HOLDING_SOMEONE)
		snprintf(details, sizeof details, "container %.*s has it",
		         (int)(id < 128 ? id : 128), holder);
	else if (holding == HOLDING_UNKNOWN)
		snprintf(details, sizeof details, "its file in %.200s cannot be read",
		         a->ledger.store.path);
	else
		snprintf(details, sizeof details, "its file in %.200s is no reservation",
		         a->ledger.store.path);
	return fail(a->f, CNI_AGAIN, details,
	            "requested IP address %s is not available in range set %zu",
	            ip_format(ip, text), set);
}

/* Checks whether a requested address may be given. */
static int wanted_check(const struct allocation *a, const struct ip *ip)
{
	const struct ipam_config *c = a->config;
	const char *why = NULL;
	char text[IP_TEXT];

	for (size_t i = 0; i < c->n_sets; i++) {
		const struct range *r = config_range_find(c, i, ip);
		if (r && !range_set_find(&c->sets[i], ip) && !range_has_host(r, ip))
			why = "it is its subnet's network or broadcast address";
		if (r && ip_equal(&r->gateway, ip))
			why = "it is its subnet's gateway";
	}
	if (excluded_find(c, ip))
		why = "it is excluded";
	else if (ip_list_has(a->avoid, ip))
		why = "somebody on the network uses it";
	return why ? fail(a->f, CNI_CONFIG, why, "requested IP address %s", ip_format(ip, text))
	           : 0;
}

/* Gives the first requested address that the set may give. */
static enum found give_wanted(struct allocation *a, size_t set, struct ip *out)
{
	for (size_t i = 0; i < a->wanted.n; i++) {
		if (!config_range_find(a->config, set, &a->wanted.ips[i]))
			continue;
		*out = a->wanted.ips[i];
		ip_list_remove(&a->wanted, i);
		if (wanted_check(a, out) < 0)
			return FOUND_FAILED;
		const enum found got = ledger_reserve(&a->ledger, out, a->holder,
		                                      a->config->keep_across_boots, a->f);
		if (got == FOUND_NONE)
			return taken(a, set, out);
		return got;
	}
	return FOUND_NONE;
}

static bool pool_has(const struct pool *pool, const struct ip *ip)
{
	for (size_t i = 0; i < pool->n; i++)
		if (span_contains(&pool->spans[i], ip))
			return true;
	return false;
}

static enum found give_former(struct allocation *a, size_t set, const struct pool *pool,
                              struct ip *out)
{
	if (!*a->name)
		return FOUND_NONE;
	*out = sticky_recall(&a->ledger.directory, a->name, set);
	if (!out->family || !pool_has(pool, out) || ip_list_has(a->avoid, out))
		return FOUND_NONE;
	return ledger_reserve(&a->ledger, out, a->holder, a->config->keep_across_boots, a->f);
}

APART static int exhausted(const struct allocation *a, size_t set, const struct pool *pool)
{
	char text[512], count[NUMBER_TEXT], details[PATH_MAX + 256];

	if (a->config->held.pool)
		return held_exhausted(&a->config->held, a->f);
	snprintf(details, sizeof details,
	         "all %s addresses are reserved; see who has them with: grep -r . %s%s",
	         number_format(pool->size, count), a->ledger.store.path,
	         *a->ledger.life.boot ? ""
	                              : "; an earlier boot's may be among them, since the kernel's "
	                                "boot id cannot be read");
	return fail(a->f, CNI_AGAIN, details, "no IP addresses available in range set %zu (%s)",
	            set, range_set_text(&a->config->sets[set], text, sizeof text));
}

/* If files appeared without the lock, an address can be held although the index has it as free.
 * Then the next address is tried. */
static enum found give_next(struct allocation *a, size_t set, const struct pool *pool,
                            struct ip *out)
{
	for (int tries = 0; tries < 100; tries++) {
		const enum found found = ledger_find_free(&a->ledger, pool, out, a->f);
		if (found == FOUND_NONE)
			return exhausted(a, set, pool);
		if (found == FOUND_FAILED)
			return FOUND_FAILED;
		const enum found got = ledger_reserve(&a->ledger, out, a->holder,
		                                      a->config->keep_across_boots, a->f);
		if (got != FOUND_NONE)
			return got;
	}
	return fail(a->f, CNI_AGAIN, "files change without the lock being held", "reserve in %s",
	            a->ledger.store.path);
}

/* Gives addresses round robin, after the last address of the set. */
static enum found give_any(struct allocation *a, size_t set, struct ip *out)
{
	const struct ipam_config *c = a->config;
	const struct ip last = store_last(&a->ledger.store, set);
	const size_t n = c->n_excluded + a->avoid->n;
	struct pool pool = { 0 };
	enum found given = FOUND_FAILED;

	struct span *excluded = malloc((n + 1) * sizeof *excluded);
	if (!excluded)
		return fail_errno(a->f, ENOMEM, "collect what is excluded");
	if (c->n_excluded)
		memcpy(excluded, c->excluded, c->n_excluded * sizeof *excluded);
	for (size_t i = 0; i < a->avoid->n; i++) {
		const struct ip *ip = &a->avoid->ips[i];
		excluded[c->n_excluded + i] =
		        (struct span){ ip_number(ip), ip_number(ip), ip->family };
	}
	if (pool_make(&pool, &c->sets[set], &last, excluded, n, a->f) == 0)
		given = give_former(a, set, &pool, out);
	if (given == FOUND_NONE)
		given = give_next(a, set, &pool, out);
	pool_release(&pool);
	free(excluded);
	return given;
}

static int give(struct allocation *a, size_t set, struct result *result)
{
	struct ip ip;
	enum found given = give_wanted(a, set, &ip);

	if (given == FOUND_NONE)
		given = give_any(a, set, &ip);
	if (given != FOUND)
		return -1;
	a->made[a->n_made++] = ip;
	/* An address outside the ranges must not decide where a range continues. */
	const bool inside = range_set_find(&a->config->sets[set], &ip) != NULL;
	if (inside)
		store_last_write(&a->ledger.store, set, &ip);
	if (inside && *a->name)
		sticky_remember(&a->ledger.directory, a->name, set, &ip);
	const struct range *r = config_range_find(a->config, set, &ip);
	struct ip_config *out = result_add_ip(result, a->f);
	if (!out)
		return -1;
	out->address = (struct cidr){ ip, r->subnet.prefix };
	out->gateway = r->gateway;
	return 0;
}

/* Returns whether an address is in a subnet of a set, but in no range. */
static bool outside_range(const struct ipam_config *c, const struct ip *ip)
{
	bool subnet = false;

	for (size_t i = 0; i < c->n_sets; i++) {
		if (range_set_find(&c->sets[i], ip))
			return false;
		subnet |= range_set_find_subnet(&c->sets[i], ip) != NULL;
	}
	return subnet;
}

/* Refuses requested addresses that no range set gave. */
APART static int leftover_check(const struct allocation *a)
{
	const struct ipam_config *c = a->config;
	char list[512] = "", text[IP_TEXT], ranges[2048], details[3072];
	size_t length = 0;
	bool outside = false;

	for (size_t i = 0; i < a->wanted.n && length < sizeof list - 2 * IP_TEXT; i++) {
		length += (size_t)snprintf(list + length, sizeof list - length, "%s%s",
		                           i ? ", " : "", ip_format(&a->wanted.ips[i], text));
		outside |= !c->static_outside_range && outside_range(c, &a->wanted.ips[i]);
	}
	snprintf(details, sizeof details,
	         "each must be in a range set of its own, which gives one address: %s%s",
	         range_sets_text(c->sets, c->n_sets, ranges, sizeof ranges),
	         outside ? "; \"staticOutsideRange\": true in ipam also allows the other addresses "
	                   "of these networks"
	                 : "");
	return fail(a->f, CNI_CONFIG, details, "failed to allocate all requested IPs: %s", list);
}

/* Other calls need not wait for what is done before the lock is taken. */
static int allocation_begin(struct allocation *a, const struct request *r)
{
	const struct ipam_config *c = a->config;

	if (holder_format(r, a->holder, HOLDER_MAX, a->f) < 0)
		return -1;
	if (c->sticky == STICKY_MEMORY && !sticky_name(r, a->name))
		a->name[0] = '\0';
	a->made = calloc(c->n_sets, sizeof *a->made);
	if (!a->made)
		return fail_errno(a->f, ENOMEM, "collect addresses");
	for (size_t i = 0; i < c->wanted.n; i++)
		if (ip_list_add(&a->wanted, &c->wanted.ips[i], a->f) < 0)
			return -1;
	a->ledger.life.space = r->netns_cookie;
	if (ledger_begin(&a->ledger, c->data_dir, r->name, STORE_CREATE, a->f) != FOUND ||
	    (c->held.pool && held_register(c->held.pool, a->ledger.store.path, a->f) < 0))
		return -1;
	store_prepare(&a->ledger.store, a->holder, c->n_sets, c->keep_across_boots);
	return 0;
}

static int allocate(struct allocation *a, const struct request *r, struct result *result)
{
	const struct ipam_config *c = a->config;

	if (allocation_begin(a, r) < 0 || ledger_lock(&a->ledger, a->f) != FOUND ||
	    (c->held.pool && held_check(&c->held, a->f) < 0) ||
	    ledger_enter_life(&a->ledger, c->keep_across_boots, a->f) < 0 || duplicate_check(a) < 0)
		return -1;
	for (size_t i = 0; i < c->n_sets; i++)
		if (give(a, i, result) < 0)
			return -1;
	if (a->wanted.n > 0 && leftover_check(a) < 0)
		return -1;
	ledger_unlock(&a->ledger);
	return c->keep_across_boots ? store_sync(&a->ledger.store, a->f) : 0;
}

/* Reserves with the configuration that was read. */
static cJSON *add(const struct request *r, const struct ipam_config *c, const struct ip_list *avoid,
                  enum proof *proof, struct failure *f)
{
	OWNED(result_release) struct result result = { .dns = NULL };
	char holder[HOLDER_MAX]; /* apart, so that its pages are not cleared */
	OWNED(allocation_release)
	struct allocation a = {
		.config = c, .avoid = avoid, .ledger = LEDGER_CLOSED, .holder = holder, .f = f
	};

	if (c->held.pool && c->held.lacking) {
		pool_lacks(r, c, f);
		return NULL;
	}
	if (c->n_sets == 0 && c->n_addresses == 0) {
		fail(f, CNI_CONFIG, "subnet, ranges or addresses say which, or the runtime asks",
		     "no IP ranges and no addresses specified in ipam");
		return NULL;
	}
	if (c->n_sets > 0 && allocate(&a, r, &result) < 0)
		return NULL;
	if (config_describe(c, &result, f) < 0)
		return NULL;
	cJSON *document = result_write(&result, r->version, f);
	a.committed = document != NULL;
	*proof = held_proof(&c->held, a.made, a.n_made);
	return document;
}

/* With a pool of the cluster, what can succeed later is tried again when the node holds more. */
cJSON *allocator_add(const struct request *r, const struct ip_list *avoid, enum proof *proof,
                     struct failure *f)
{
	OWNED(held_wait_release) struct held_wait wait = HELD_WAIT_NONE;

	for (;;) {
		OWNED(ipam_config_release) struct ipam_config config;
		cJSON *document = ipam_config_read(&config, r, f) < 0
		                          ? NULL
		                          : add(r, &config, avoid, proof, f);
		if (document || !config.held.pool || f->code != CNI_AGAIN ||
		    !held_wait(&wait, &config.held, pool_waiting_number(r)))
			return document;
		failure_clear(f);
	}
}
