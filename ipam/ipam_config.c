/* SPDX-License-Identifier: Apache-2.0 */
/* Reading the allocator's configuration as a whole. */
#include "ipam/ipam_config.h"

#include "base/json.h"
#include "ipam/keys.h"

#include <string.h>

void ipam_config_release(struct ipam_config *c)
{
	for (size_t i = 0; i < c->n_sets; i++)
		free(c->sets[i].ranges);
	free(c->sets);
	free(c->excluded);
	free(c->addresses);
	free(c->networks);
	ip_list_release(&c->wanted);
	result_release(&c->described);
	json_release(&c->description);
	*c = (struct ipam_config){ 0 };
}

int ipam_data_dir(const cJSON *config, const char **data_dir, struct failure *f)
{
	const struct keys ipam = { json_member(config, "ipam"), "ipam", f };

	*data_dir = "/var/lib/cni/networks";
	return key_text(&ipam, "dataDir", data_dir);
}

static int flags_read(struct ipam_config *c, const cJSON *config, struct failure *f)
{
	const struct keys ipam = { json_member(config, "ipam"), "ipam", f };
	const struct keys top = { config, "", f };

	if (key_bool(&ipam, "keepAcrossBoots", &c->keep_across_boots) < 0 ||
	    key_bool(&ipam, "sticky", &c->sticky) < 0 ||
	    key_bool(&ipam, "staticOutsideRange", &c->static_outside_range) < 0)
		return -1;
	/* The main plugin's key of that name means us too. */
	if (key_bool(&top, "strictStatus", &c->strict_status) < 0)
		return -1;
	return key_bool(&ipam, "strictStatus", &c->strict_status);
}

/* What resolvConf says counts where no dns is said outright. */
static int dns_describe(struct ipam_config *c, const cJSON *ipam, struct failure *f)
{
	const struct keys k = { ipam, "ipam", f };
	const cJSON *dns = json_member(ipam, "dns");
	const char *path = NULL;

	if (key_text(&k, "resolvConf", &path) < 0)
		return -1;
	if (dns && (dns->child || !path))
		cJSON_AddItemReferenceToObject(c->description, "dns", (cJSON *)(uintptr_t)dns);
	else if (path) {
		cJSON *read = resolv_conf_read(path, f);
		if (!read)
			return -1;
		cJSON_AddItemToObject(c->description, "dns", read);
	}
	return 0;
}

/* Routes and dns are read as the members of a result they will be. */
static int description_read(struct ipam_config *c, const cJSON *ipam, struct failure *f)
{
	const cJSON *routes = json_member(ipam, "routes");
	struct failure refusal = { 0 };

	c->description = cJSON_CreateObject();
	if (routes)
		cJSON_AddItemReferenceToObject(c->description, "routes",
		                               (cJSON *)(uintptr_t)routes);
	if (dns_describe(c, ipam, f) < 0)
		return -1;
	if (result_read(&c->described, c->description, V1_1_0, "configuration key ipam", &refusal) <
	    0)
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

int ipam_config_read(struct ipam_config *c, const struct request *r, struct failure *f)
{
	const cJSON *ipam = json_member(r->json, "ipam");

	*c = (struct ipam_config){ 0 };
	if (!cJSON_IsObject(ipam))
		return fail(f, CNI_CONFIG, "it must be an object", "configuration key ipam is %s",
		            ipam ? "something else" : "missing");
	if (ipam_data_dir(r->json, &c->data_dir, f) < 0 || flags_read(c, r->json, f) < 0 ||
	    config_ranges_read(c, r->json, f) < 0 || config_addresses_read(c, r, f) < 0 ||
	    config_excluded_read(c, ipam, f) < 0 || description_read(c, ipam, f) < 0)
		return -1;
	return relations_check(c, r->version, f);
}
