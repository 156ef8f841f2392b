/* SPDX-License-Identifier: Apache-2.0 */
/* The keys of a policy: how each is spelled and what it decides. */
#include "plugin/policy_keys.h"

#include "base/json.h"

#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

/* How the value of a key is spelled. */
static bool is_text(const cJSON *value)
{
	return json_string(value) && *value->valuestring;
}

static bool is_bool(const cJSON *value)
{
	return cJSON_IsBool(value);
}

static bool is_list(const cJSON *value, bool (*fits)(const cJSON *))
{
	const cJSON *item;

	cJSON_ArrayForEach(item, value)
	{
		if (!fits(item))
			return false;
	}
	return cJSON_IsArray(value);
}

static bool is_texts(const cJSON *value)
{
	return is_list(value, is_text);
}

static bool is_mode(const cJSON *item)
{
	uint32_t mode;
	return json_string(item) && word_find(link_modes, item->valuestring, &mode);
}

static bool is_modes(const cJSON *value)
{
	return is_list(value, is_mode);
}

static bool is_kind(const cJSON *item)
{
	return json_string(item) && link_kind_find(item->valuestring);
}

static bool is_kinds(const cJSON *value)
{
	return is_list(value, is_kind);
}

static bool is_id(const cJSON *item)
{
	int64_t id;
	return json_integer(item, &id) && id >= 0 && id < UINT32_MAX;
}

static bool is_ids(const cJSON *value)
{
	return is_list(value, is_id);
}

static bool is_queue(const cJSON *value)
{
	int64_t length;
	return json_integer(value, &length) && length >= BCQUEUELEN_KERNEL &&
	       length <= BCQUEUELEN_MAX;
}

static bool is_object(const cJSON *item)
{
	return cJSON_IsObject(item);
}

static bool is_objects(const cJSON *value)
{
	return is_list(value, is_object);
}

/* What of a question a key decides; `value` is NULL where the rule has no such key. */
static bool texts_have(const cJSON *list, const char *text)
{
	const cJSON *item;

	cJSON_ArrayForEach(item, list)
	{
		if (fnmatch(item->valuestring, text, 0) == 0)
			return true;
	}
	return false;
}

static bool ids_have(const cJSON *list, int64_t id)
{
	const cJSON *item;
	int64_t listed;

	cJSON_ArrayForEach(item, list)
	{
		if (json_integer(item, &listed) && listed == id)
			return true;
	}
	return false;
}

static bool network_is(const cJSON *value, const struct policy_question *q)
{
	return !value || texts_have(value, q->network);
}

static bool namespace_is(const cJSON *value, const struct policy_question *q)
{
	return !value || q->any_namespace ||
	       (*q->pod_namespace && texts_have(value, q->pod_namespace));
}

static bool master_is(const cJSON *value, const struct policy_question *q)
{
	return !q->master || texts_have(value, q->master);
}

static bool mode_is(const cJSON *value, const struct policy_question *q)
{
	return texts_have(value, word_text(link_modes, q->mode));
}

static bool kind_is(const cJSON *value, const struct policy_question *q)
{
	return !value || texts_have(value, q->config->kind->name);
}

/* Whom the tap is given to; everybody else is no owner. */
static bool owner_is(const cJSON *value, const struct policy_question *q)
{
	const struct tap_access *tap = &q->config->tap;

	return !value || !q->config->kind->tap ||
	       (ids_have(value, tap->uid) && ids_have(value, tap->gid) && !(tap->mode & 07));
}

static bool mac_is(const cJSON *value, const struct policy_question *q)
{
	char text[MAC_TEXT];

	return !value || !q->config->has_mac ||
	       texts_have(value, mac_format(&q->config->mac, text));
}

static bool device_is(const cJSON *value, const struct policy_question *q)
{
	return !q->config->device_id || texts_have(value, q->config->device_id);
}

/* The kernel's own length is everybody's: no endpoint makes the queue shorter. */
static bool queue_is(const cJSON *value, const struct policy_question *q)
{
	int64_t longest = BCQUEUELEN_KERNEL;

	return q->config->bcqueuelen <= longest ||
	       (json_integer(value, &longest) && q->config->bcqueuelen <= longest);
}

static bool sysctls_are(const cJSON *value, const struct policy_question *q)
{
	const struct sysctls *asked = &q->config->sysctls;
	char name[SYSCTL_TEXT];

	for (size_t i = 0; value && i < asked->n; i++)
		if (!texts_have(value, sysctl_name(asked->list[i].kind, "IFNAME", name)))
			return false;
	return true;
}

/* What was asked for, in the configuration's words. */
static void say_master(const struct policy_question *q, char text[POLICY_TEXT])
{
	snprintf(text, POLICY_TEXT, "master %s", q->master);
}

static void say_mode(const struct policy_question *q, char text[POLICY_TEXT])
{
	snprintf(text, POLICY_TEXT, "mode %s", word_text(link_modes, q->mode));
}

static void say_kind(const struct policy_question *q, char text[POLICY_TEXT])
{
	snprintf(text, POLICY_TEXT, "link %s", q->config->kind->name);
}

static void say_owner(const struct policy_question *q, char text[POLICY_TEXT])
{
	const struct tap_access *tap = &q->config->tap;
	snprintf(text, POLICY_TEXT, "owner %u, group %u, tapMode %04o", tap->uid, tap->gid,
	         tap->mode);
}

static void say_mac(const struct policy_question *q, char text[POLICY_TEXT])
{
	char mac[MAC_TEXT];
	snprintf(text, POLICY_TEXT, "mac %s", mac_format(&q->config->mac, mac));
}

static void say_device(const struct policy_question *q, char text[POLICY_TEXT])
{
	snprintf(text, POLICY_TEXT, "deviceID %.*s", POLICY_TEXT - 16, q->config->device_id);
}

static void say_queue(const struct policy_question *q, char text[POLICY_TEXT])
{
	snprintf(text, POLICY_TEXT, "bcqueuelen %u", q->config->bcqueuelen);
}

static void say_sysctls(const struct policy_question *q, char text[POLICY_TEXT])
{
	const struct sysctls *asked = &q->config->sysctls;
	size_t used = (size_t)snprintf(text, POLICY_TEXT, "sysctl");
	char name[SYSCTL_TEXT];

	for (size_t i = 0; i < asked->n && used < POLICY_TEXT; i++)
		used += (size_t)snprintf(text + used, POLICY_TEXT - used, " %s",
		                         sysctl_name(asked->list[i].kind, "IFNAME", name));
}

#define FLAG(name, member)                                                                         \
	{                                                                                          \
		name, is_bool, "it must be true or false", .flag = offsetof(struct config, member) \
	}
static const char texts_wanted[] = "it must be a list of names, in which * and ? are wildcards";
static const char modes_wanted[] = "it must be a list of: bridge, private, vepa, passthru, source";
static const char paths_wanted[] = "it must be a list of paths, in which * and ? are wildcards";
static const char queue_wanted[] = "it must be an integer from 1000, the kernel's own, to 10000";

const struct policy_key rule_keys[] = {
	{ "name", is_text, "it must be a string", .flag = 0 },
	{ "networks", is_texts, texts_wanted, .selects = network_is },
	{ "namespaces", is_texts, texts_wanted, .selects = namespace_is },
	{ "masters", is_texts, texts_wanted, true, .allows = master_is, .say = say_master },
	{ "modes", is_modes, modes_wanted, true, .allows = mode_is, .say = say_mode },
	{ "links", is_kinds, "it must be a list of: macvtap, macvlan", .allows = kind_is,
	  .say = say_kind },
	{ "owners", is_ids, "it must be a list of numeric ids", .allows = owner_is,
	  .say = say_owner },
	{ "macs", is_texts, texts_wanted, .allows = mac_is, .say = say_mac },
	{ "deviceIDs", is_texts, texts_wanted, .allows = device_is, .say = say_device },
	{ "bcqueuelen", is_queue, queue_wanted, .allows = queue_is, .say = say_queue },
	{ "sysctls", is_texts, texts_wanted, .allows = sysctls_are, .say = say_sysctls },
	FLAG("force", force),
	FLAG("promiscMode", promisc),
	FLAG("linkInContainer", link_in_container),
	FLAG("vmDevices", vm_devices),
	{ .name = NULL },
};
const struct policy_key policy_keys[] = {
	{ "rules", is_objects, "it must be a list of objects", .required = true },
	{ "files", is_texts, paths_wanted, .required = false },
	{ .name = NULL },
};
