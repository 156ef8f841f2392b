/* SPDX-License-Identifier: Apache-2.0 */
/* What nodes write into an AddressPool: its finalizer and its status. */
#include "expose/addresses/objects.h"

#include "base/utc.h"

#include <stdio.h>
#include <string.h>

/* As a number of JSON it is exact; a set has fewer addresses. */
static const int64_t count_most = INT64_C(1) << 50;

/* Returns the message of a condition that has a status, "?" if it has none; NULL: it is not so. */
static const char *condition_message(const cJSON *conditions, const char *type, const char *status)
{
	const cJSON *item;

	cJSON_ArrayForEach(item, conditions)
	{
		const char *name = json_string(json_member(item, "type"));
		const char *value = json_string(json_member(item, "status"));
		if (name && value && strcmp(name, type) == 0 && strcmp(value, status) == 0)
			return json_string(json_member(item, "message")) ?: "?";
	}
	return NULL;
}

static int64_t count_read(const cJSON *status, const char *name)
{
	int64_t n;

	return json_integer(json_member(status, name), &n) && n >= 0 && n <= count_most ? n : -1;
}

/* What nodes say of the pool is a hint: what is wrong in it is left out. */
static void status_read(struct address_pool *p, const cJSON *status)
{
	pool_requests_read(p, status);
	const cJSON *conditions = json_member(status, "conditions");
	const char *why = condition_message(conditions, "Ready", "False");
	snprintf(p->refused, sizeof p->refused, "%s", why ? why : "");
	p->nearly_full = condition_message(conditions, "NearlyFull", "True") != NULL;
	p->n_claimed = count_read(status, "claimed");
	p->n_used = count_read(status, "used");
	const char *back = condition_message(conditions, "LostNodeCameBack", "True");
	if (back && strncmp(back, "node ", 5) == 0)
		snprintf(p->came_back, sizeof p->came_back, "%.*s", (int)strcspn(back + 5, " "),
		         back + 5);
}

static bool finalizer_is_ours(const cJSON *item)
{
	const char *text = json_string(item);

	return text && strcmp(text, POOL_FINALIZER) == 0;
}

static bool finalizer_read(const cJSON *metadata)
{
	const cJSON *item;

	cJSON_ArrayForEach(item, json_member(metadata, "finalizers"))
	{
		if (finalizer_is_ours(item))
			return true;
	}
	return false;
}

void pool_status_read(struct address_pool *p, const cJSON *object)
{
	p->finalizer = finalizer_read(json_member(object, "metadata"));
	status_read(p, json_member(object, "status"));
}

/* Returns the member that json_member() finds, to change it. */
static cJSON *member_of(cJSON *object, const char *name)
{
	cJSON *found = NULL, *member;

	json_each_member(member, object)
	{
		if (json_name_is(member->string, name))
			found = member;
	}
	return found;
}

/* Gives an object a member, in the place of those of this name. */
static int member_set(cJSON *object, const char *name, cJSON *value)
{
	if (!value)
		return -1;
	for (cJSON *old; (old = member_of(object, name));)
		cJSON_Delete(cJSON_DetachItemViaPointer(object, old));
	return cJSON_AddItemToObject(object, name, value) ? 0 : -1;
}

static cJSON *finalizers_json(const cJSON *metadata, bool ours)
{
	cJSON *list = cJSON_CreateArray();
	const cJSON *item;

	cJSON_ArrayForEach(item, json_member(metadata, "finalizers"))
	{
		if (!finalizer_is_ours(item))
			cJSON_AddItemToArray(list, cJSON_Duplicate(item, true));
	}
	if (ours)
		cJSON_AddItemToArray(list, cJSON_CreateString(POOL_FINALIZER));
	return list;
}

/* Returns the time of a condition's last change: it stays while the status does. */
static const char *since_of(const cJSON *before, const char *type, const char *status,
                            char now[static UTC_TEXT])
{
	const cJSON *item;

	cJSON_ArrayForEach(item, before)
	{
		const char *name = json_string(json_member(item, "type"));
		const char *value = json_string(json_member(item, "status"));
		const char *since = json_string(json_member(item, "lastTransitionTime"));
		if (name && value && since && strcmp(name, type) == 0 && strcmp(value, status) == 0)
			return since;
	}
	return utc_now(now);
}

static void condition_add(cJSON *list, const cJSON *before, const char *type, bool holds,
                          const char *reason, const char *message)
{
	cJSON *item = cJSON_CreateObject();
	const char *status = holds ? "True" : "False";
	char now[UTC_TEXT];

	cJSON_AddStringToObject(item, "type", type);
	cJSON_AddStringToObject(item, "status", status);
	cJSON_AddStringToObject(item, "reason", reason);
	cJSON_AddStringToObject(item, "message", message);
	cJSON_AddStringToObject(item, "lastTransitionTime", since_of(before, type, status, now));
	cJSON_AddItemToArray(list, item);
}

static cJSON *conditions_json(const struct address_pool *p, const cJSON *status)
{
	const cJSON *before = json_member(status, "conditions");
	cJSON *list = cJSON_CreateArray();
	char back[NODE_NAME + 64] = "";

	if (*p->came_back)
		snprintf(back, sizeof back, "node %s uses addresses that it does not hold any more",
		         p->came_back);
	condition_add(list, before, "Ready", !*p->refused, *p->refused ? "Overlap" : "Valid",
	              p->refused);
	condition_add(list, before, "NearlyFull", p->nearly_full,
	              p->nearly_full ? "FewAreFree" : "EnoughAreFree",
	              p->nearly_full ? "less than a quarter of the addresses is in no claim" : "");
	condition_add(list, before, "LostNodeCameBack", *p->came_back != '\0',
	              *p->came_back ? "AddressesLost" : "None", back);
	return list;
}

static bool counts_write(const struct address_pool *p, cJSON *status)
{
	return member_set(status, "addresses", cJSON_CreateNumber(p->n_addresses)) == 0 &&
	       (p->n_claimed < 0 ||
	        member_set(status, "claimed", cJSON_CreateNumber((double)p->n_claimed)) == 0) &&
	       (p->n_used < 0 ||
	        member_set(status, "used", cJSON_CreateNumber((double)p->n_used)) == 0);
}

int pool_write(const struct address_pool *p, cJSON *object, struct failure *f)
{
	if (!cJSON_IsObject(member_of(object, "metadata")))
		member_set(object, "metadata", cJSON_CreateObject());
	if (!cJSON_IsObject(member_of(object, "status")))
		member_set(object, "status", cJSON_CreateObject());
	cJSON *metadata = member_of(object, "metadata"), *status = member_of(object, "status");
	if (metadata && status &&
	    member_set(metadata, "finalizers", finalizers_json(metadata, p->finalizer)) == 0 &&
	    counts_write(p, status) && member_set(status, "waiting", pool_waiting_json(p)) == 0 &&
	    member_set(status, "handed", pool_handed_json(p)) == 0 &&
	    (!*p->latest.pool || member_set(status, "latest", block_json(&p->latest)) == 0) &&
	    member_set(status, "conditions", conditions_json(p, status)) == 0)
		return 0;
	return fail_errno(f, ENOMEM, "write pool %s", p->name);
}
