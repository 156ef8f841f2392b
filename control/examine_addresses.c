/* SPDX-License-Identifier: Apache-2.0 */
/* Examining an endpoint's addresses and routes, and the reservations of the addresses. */
#include "control/examine.h"

#include "base/json.h"
#include "cni/result.h"
#include "control/recorded_call.h"
#include "ipam/ipam_config.h"
#include "ipam/store.h"

#include <stdio.h>
#include <string.h>

static const struct finding_kind unreserved = {
	LEVEL_ERROR, "reservation-missing",
	"something released it, and another container can get the address", "recreate the container"
};
static const struct finding_kind taken = { LEVEL_ERROR, "reservation-other",
	                                   "two containers have one address",
	                                   "end one of the two, and recreate it" };
static const struct finding_kind unreadable = { LEVEL_UNKNOWN, "reservation-unreadable",
	                                        "it is no reservation, or cannot be read now",
	                                        "remove it if it is not podtap-ipam's" };

/* The addresses of a guest are not those of the link. */
int examine_addresses(struct examination *x, struct failure *f)
{
	const struct endpoint *e = x->endpoint;
	OWNED(result_release) struct result r = { 0 };

	if (e->address_owner && strcmp(e->address_owner, "guest") == 0)
		return 0;
	if (result_read(&r, e->source, V1_1_0, "the endpoint record", f) < 0)
		return -1;
	if (compare_addresses(&x->comparison, r.ips, r.n_ips, f) < 0)
		return -1;
	return compare_routes(&x->comparison, r.routes, r.n_routes, f);
}

/* Returns whether the plugin reserves an address: the configuration has ranges, and does not list
 * the address. Without a configuration nobody knows. */
static bool is_reserved(const cJSON *config, const struct ip *ip)
{
	const cJSON *ipam = json_member(config, "ipam"), *item;
	struct cidr listed;

	if (!json_member(ipam, "subnet") && !json_member(ipam, "ranges"))
		return false;
	cJSON_ArrayForEach(item, json_member(ipam, "addresses"))
	{
		const char *text = json_string(json_member(item, "address"));
		if (text && cidr_parse(text, &listed) && ip_equal(&listed.ip, ip))
			return false;
	}
	return true;
}

/* An older host-local writes the container alone. */
static bool is_holder(const struct endpoint *e, const char *holder)
{
	const size_t length = strlen(e->container_id);

	return strncmp(holder, e->container_id, length) == 0 &&
	       (!holder[length] ||
	        (strncmp(holder + length, "\r\n", 2) == 0 &&
	         strcmp(holder + length + 2, e->ifname) == 0) ||
	        strcmp(holder + length, "\n") == 0);
}

static void examine_reservation(struct findings *l, const struct endpoint *e, const cJSON *config,
                                const struct store *store, const struct ip *ip)
{
	char text[IP_TEXT], holder[HOLDER_MAX + 1];

	ip_format(ip, text);
	switch (store->dir < 0 ? HOLDING_NONE : store_read(store, ip, holder)) {
	case HOLDING_NONE:
	case HOLDING_NOBODY:
		if (is_reserved(config, ip))
			finding_add(l, &unreserved, NULL, "%s is not reserved in %s", text,
			            store->path);
		return;
	case HOLDING_SOMEONE:
		if (!is_holder(e, holder))
			finding_add(l, &taken, NULL, "%s/%s is reserved for container %.*s",
			            store->path, text, (int)strcspn(holder, "\r\n"), holder);
		return;
	default:
		finding_add(l, &unreadable, NULL, "%s/%s", store->path, text);
	}
}

/* host-local and podtap-ipam have one format of the store. */
int examine_reservations(struct findings *l, const struct endpoint *e, struct failure *f)
{
	OWNED(store_release) struct store store = STORE_CLOSED;
	OWNED(request_release) struct request r = { 0 };
	struct failure not_kept = { 0 };
	const char *data_dir;
	const cJSON *item;
	struct cidr address;

	if (!e->ipam || !e->network ||
	    (strcmp(e->ipam, "podtap-ipam") != 0 && strcmp(e->ipam, "host-local") != 0))
		return 0;
	if (recorded_call(&r, e, NULL, &not_kept) < 0)
		json_release(&r.json);
	if (ipam_data_dir(r.json, &data_dir, f) < 0)
		return -1;
	const enum found open = store_open(&store, data_dir, e->network, STORE_LOOK, f);
	if (open == FOUND_FAILED || (open == FOUND && store_lock(&store, f) == FOUND_FAILED))
		return -1;
	cJSON_ArrayForEach(item, e->ips)
	{
		const char *text = json_string(json_member(item, "address"));
		if (text && cidr_parse(text, &address))
			examine_reservation(l, e, r.json, &store, &address.ip);
	}
	return 0;
}
