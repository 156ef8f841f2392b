/* SPDX-License-Identifier: Apache-2.0 */
/* Reading what an AddressPool says of whereabouts. */
#include "expose/addresses/masks.h"

#include "base/keys.h"

#include <stdio.h>

#define FIELD(member) .offset = offsetof(struct shared_spelled, member)
struct shared_spelled {
	const char *namespace;
	const char *network_name;
};
static const struct key shared_keys[] = {
	{ "namespace", KEY_TEXT, FIELD(namespace) },
	{ "networkName", KEY_TEXT, FIELD(network_name) },
};
#undef FIELD

/* Two networks in one block would need a write of two IPPools. */
static bool blocks_are_shared(const struct address_pool *p)
{
	uint32_t index;

	for (size_t i = 0; i < p->n_sets; i++)
		for (size_t k = 0; k < p->n_sets; k++) {
			const struct range all = {
				.start = p->sets[k].range.subnet.ip,
				.end = number_ip(p->sets[k].range.subnet.ip.family,
				                 cidr_span(&p->sets[k].range.subnet).last)
			};
			const struct pool_set whole = { .range = all };
			const struct ip first = set_block(&p->sets[i], 0);
			if (i != k && set_index(&whole, &first, &index))
				return true;
		}
	return false;
}

int pool_shared_read(struct address_pool *p, const cJSON *json, struct failure *f)
{
	const struct key_scope scope = { json, "spec.whereabouts", f };
	struct shared_spelled s = { "kube-system", "" };
	struct pool_shared *to = &p->shared;

	if (!json)
		return 0;
	if (!cJSON_IsObject(json))
		return fail(f, CNI_CONFIG, "it must be an object", "spec.whereabouts");
	if (keys_read(shared_keys, sizeof shared_keys / sizeof *shared_keys, &scope, &s) < 0)
		return -1;
	if (!pool_name_valid(s.namespace) || (*s.network_name && !pool_name_valid(s.network_name)))
		return fail(f, CNI_CONFIG, "namespace and networkName must be DNS labels",
		            "spec.whereabouts");
	if (blocks_are_shared(p))
		return fail(f, CNI_CONFIG, "make a pool for each",
		            "sets of whereabouts share a /28");
	to->with_whereabouts = true;
	snprintf(to->namespace, sizeof to->namespace, "%s", s.namespace);
	snprintf(to->network_name, sizeof to->network_name, "%s", s.network_name);
	return 0;
}
