/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses of a pool that belong to owners, and those that need a proof. */
#include "ipam/held.h"

#include "base/hash.h"
#include "cni/request.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static uint64_t call_number(const struct held_call *c)
{
	char text[POOL_NAME + POD_NAME + 64];

	snprintf(text, sizeof text, "%s\n%s\n%s\n%s", c->sticky, c->space, c->pod, c->ifname);
	const uint64_t hash = text_hash(text);
	return hash ? hash : 1;
}

void held_call_find(struct held *h, const char *sticky, const char *args, const char *ifname)
{
	struct held_call *c = &h->call;
	char name[17];

	*c = (struct held_call){ .sticky = sticky, .ifname = ifname ? ifname : "" };
	if (args_find(args, "K8S_POD_NAMESPACE", c->space, sizeof c->space) <= 0 ||
	    args_find(args, "K8S_POD_NAME", c->pod, sizeof c->pod) <= 0 || !*c->pod)
		c->space[0] = '\0';
	c->number = call_number(c);
	snprintf(name, sizeof name, "%016" PRIx64, c->number);
	c->answer = *c->space ? json_member(json_member(h->json, "bindings"), name) : NULL;
	if (c->answer)
		h->problem = json_string(json_member(c->answer, "problem"));
}

static bool is_listed(const cJSON *list, const struct ip *ip)
{
	const cJSON *item;
	struct ip other;

	cJSON_ArrayForEach(item, list)
	{
		const char *text = json_string(item);
		if (text && ip_parse(text, &other) && ip_equal(&other, ip))
			return true;
	}
	return false;
}

enum proof held_proof(const struct held *h, const struct ip *ips, size_t n)
{
	const cJSON *unproved = json_member(h->json, "unproved");

	if (h->call.answer && cJSON_IsTrue(json_member(h->call.answer, "shared")))
		return PROOF_WRONG;
	if (h->call.answer && cJSON_IsTrue(json_member(h->call.answer, "unproved")))
		return PROOF_NEEDED;
	for (size_t i = 0; i < n && unproved; i++)
		if (is_listed(unproved, &ips[i]))
			return PROOF_NEEDED;
	return PROOF_AS_CONFIGURED;
}

bool held_unproved(const char *pool)
{
	char path[PATH_MAX];
	const size_t room = POOL_NAME + sizeof UNPROVED_SUFFIX;

	if (!pool_name_valid(pool) || !held_directory(path) || strlen(path) + room > sizeof path)
		return false;
	snprintf(path + strlen(path), room, "/%s" UNPROVED_SUFFIX, pool);
	return access(path, F_OK) == 0;
}
