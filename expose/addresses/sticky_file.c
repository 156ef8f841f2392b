/* SPDX-License-Identifier: Apache-2.0 */
/* Owners' addresses in the pool's file: for each call's number the ranges that it gets, or why it
 * waits. */
#include "expose/addresses/sticky.h"

#include "expose/addresses/pool_file.h"

#include <stdio.h>
#include <string.h>

static cJSON *ranges_json(const struct pool_set *set, const struct ip *ip)
{
	cJSON *ranges = cJSON_CreateArray();

	cJSON_AddItemToArray(ranges, pool_range_json(set, ip, ip));
	return ranges;
}

static const struct bound *part_find(const struct sticky *s, uint64_t request, size_t set)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->bounds[i].request == request && s->bounds[i].set == set &&
		    s->bounds[i].phase != BOUND_OVER)
			return &s->bounds[i];
	return NULL;
}

static cJSON *owner_json(const struct owner *o)
{
	cJSON *owner = cJSON_CreateObject();

	cJSON_AddStringToObject(owner, "namespace", o->space);
	cJSON_AddStringToObject(owner, "name", o->name);
	return owner;
}

/* A call gets an address of each set, or none. */
static cJSON *call_json(const struct sticky *s, uint64_t request, const struct address_pool *pool)
{
	OWNED(json_release) cJSON *call = cJSON_CreateObject();
	cJSON *ranges = cJSON_CreateArray(), *numbers = cJSON_AddArrayToObject(call, "numbers");
	char text[BINDING_NUMBER];

	cJSON_AddItemToObject(call, "ranges", ranges);
	for (size_t i = 0; i < pool->n_sets; i++) {
		const struct bound *b = part_find(s, request, i);
		if (!b || b->phase != BOUND_SERVED) {
			cJSON *waits = cJSON_CreateObject();
			cJSON_AddStringToObject(waits, "problem", b ? b->problem : "");
			return waits;
		}
		cJSON_AddItemToArray(numbers,
		                     cJSON_CreateString(binding_number_text(b->number, text)));
		cJSON_AddItemToArray(ranges, ranges_json(&pool->sets[i], &b->ip));
		if (b->shared && !cJSON_HasObjectItem(call, "shared"))
			cJSON_AddTrueToObject(call, "shared");
		if (b->unproved && !b->shared && !cJSON_HasObjectItem(call, "unproved"))
			cJSON_AddTrueToObject(call, "unproved");
		if (i == 0)
			cJSON_AddItemToObject(call, "owner", owner_json(&b->owner));
	}
	return json_take(&call);
}

cJSON *sticky_json(const struct sticky *s, const struct address_pool *pool)
{
	cJSON *calls = cJSON_CreateObject();
	char text[BINDING_NUMBER];

	for (size_t i = 0; i < s->n && pool; i++) {
		const struct bound *b = &s->bounds[i];
		if (!b->request || b->set != 0 || b->phase == BOUND_OVER ||
		    (!b->asked && b->phase != BOUND_SERVED))
			continue;
		cJSON_AddItemToObject(calls, binding_number_text(b->request, text),
		                      call_json(s, b->request, pool));
	}
	return calls;
}

static void part_recall(struct sticky *s, const cJSON *call, uint64_t request, int set)
{
	const cJSON *range =
	        cJSON_GetArrayItem(cJSON_GetArrayItem(json_member(call, "ranges"), set), 0);
	const char *id = json_string(cJSON_GetArrayItem(json_member(call, "numbers"), set));
	const char *ip = json_string(json_member(range, "rangeStart"));
	const cJSON *owner = json_member(call, "owner");
	struct bound b = {
		.phase = BOUND_HELD, .request = request, .set = (uint32_t)set, .recalled = true
	};

	if (!id || !ip || !binding_number_parse(id, &b.number) || !ip_parse(ip, &b.ip))
		return;
	b.shared = cJSON_IsTrue(json_member(call, "shared"));
	b.unproved = cJSON_IsTrue(json_member(call, "unproved"));
	snprintf(b.owner.space, sizeof b.owner.space, "%s",
	         json_string(json_member(owner, "namespace")) ?: "");
	snprintf(b.owner.name, sizeof b.owner.name, "%s",
	         json_string(json_member(owner, "name")) ?: "");
	struct bound *added = sticky_add(s, BOUND_HELD);
	if (added)
		*added = b;
}

void sticky_recall(struct sticky *s, const char *directory, const char *pool)
{
	OWNED(json_release) cJSON *json = pool_file_read(directory, pool);
	const cJSON *call;
	uint64_t request;

	json_each_member(call, json_member(json, "bindings"))
	{
		const int n = cJSON_GetArraySize(json_member(call, "ranges"));
		if (binding_number_parse(call->string, &request))
			for (int i = 0; i < n && i < POOL_SETS_MAX; i++)
				part_recall(s, call, request, i);
	}
}
