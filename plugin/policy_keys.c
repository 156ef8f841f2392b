/* SPDX-License-Identifier: Apache-2.0 */
/* The keys of a policy: how each is spelled and what it decides. */
#include "plugin/policy_keys.h"

#include "base/json.h"

#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

/* These functions decide one key of a rule for a question. `value` is NULL if the rule does not
 * have the key. */
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

/* Compare the tap's owner and group with the key. A tap that other users can open has no owner. */
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

/* Every endpoint may have the default length, also without the key. */
static bool length_is(const cJSON *value, uint32_t asked, uint32_t usual)
{
	int64_t longest;

	return asked <= usual || (json_integer(value, &longest) && asked <= longest);
}

static bool queue_is(const cJSON *value, const struct policy_question *q)
{
	return length_is(value, q->config->bcqueuelen, BCQUEUELEN_KERNEL);
}

static bool tx_queue_is(const cJSON *value, const struct policy_question *q)
{
	return length_is(value, q->config->tx_queue, TXQUEUELEN_DEFAULT);
}

/* A rule can demand the key: it limits what an endpoint does to others. */
static bool antispoof_is(const cJSON *value, const struct policy_question *q)
{
	return !cJSON_IsTrue(value) || q->config->antispoof;
}

/* A rule with a rate demands one. */
static bool rate_is(const cJSON *value, uint64_t asked)
{
	int64_t most;

	return !value || (asked && json_integer(value, &most) && asked <= (uint64_t)most);
}

static bool egress_is(const cJSON *value, const struct policy_question *q)
{
	return rate_is(value, q->config->bandwidth.egress_rate);
}

static bool ingress_is(const cJSON *value, const struct policy_question *q)
{
	return rate_is(value, q->config->bandwidth.ingress_rate);
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

/* These functions write what the call asks for, in the words of the configuration. */
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

static void say_tx_queue(const struct policy_question *q, char text[POLICY_TEXT])
{
	snprintf(text, POLICY_TEXT, "txQueueLen %u", q->config->tx_queue);
}

static void say_antispoof(const struct policy_question *q, char text[POLICY_TEXT])
{
	snprintf(text, POLICY_TEXT, "antispoof %s", q->config->antispoof ? "true" : "false");
}

static void say_rate(const char *name, uint64_t rate, char text[POLICY_TEXT])
{
	if (rate)
		snprintf(text, POLICY_TEXT, "%s %llu", name, (unsigned long long)rate);
	else
		snprintf(text, POLICY_TEXT, "no %s", name);
}

static void say_egress(const struct policy_question *q, char text[POLICY_TEXT])
{
	say_rate("egressRate", q->config->bandwidth.egress_rate, text);
}

static void say_ingress(const struct policy_question *q, char text[POLICY_TEXT])
{
	say_rate("ingressRate", q->config->bandwidth.ingress_rate, text);
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

/* The spelling of a list's members. */
static const struct key text_member = { "", KEY_TEXT, .offset = 0 };
static const struct key mode_member = { "", KEY_WORD, .words = link_modes };
static const struct key kind_member = { "", KEY_WORD, .words = link_kind_words };
static const struct key id_member = { "", KEY_UINT, .max = UINT32_MAX - 1 };
static const struct key rule_member = { "", KEY_OBJECT, .members = policy_rule_key };

#define TEXTS                             \
	KEY_LIST, .member = &text_member, \
	          .wanted = "it must be a list of names, in which * and ? are wildcards"
#define FLAG(name, member)                                                               \
	{                                                                                \
		{ name, KEY_BOOL, .offset = 0 }, .flag = offsetof(struct config, member) \
	}
const struct policy_key rule_keys[] = {
	{ { "name", KEY_TEXT, .strict = true }, .flag = 0 },
	{ { "networks", TEXTS }, .selects = network_is },
	{ { "namespaces", TEXTS }, .selects = namespace_is },
	{ { "masters", TEXTS, .required = true }, .allows = master_is, .say = say_master },
	{ { "modes", KEY_LIST, .member = &mode_member, .required = true },
	  .allows = mode_is,
	  .say = say_mode },
	{ { "links", KEY_LIST, .member = &kind_member }, .allows = kind_is, .say = say_kind },
	{ { "owners", KEY_LIST, .member = &id_member,
	    .wanted = "it must be a list of numeric ids" },
	  .allows = owner_is,
	  .say = say_owner },
	{ { "macs", TEXTS }, .allows = mac_is, .say = say_mac },
	{ { "deviceIDs", TEXTS }, .allows = device_is, .say = say_device },
	{ { "bcqueuelen", KEY_UINT, .min = BCQUEUELEN_KERNEL, .max = BCQUEUELEN_MAX,
	    .wanted = "it must be an integer from 1000, the kernel's own, to 10000" },
	  .allows = queue_is,
	  .say = say_queue },
	{ { "txQueueLen", KEY_UINT, .min = TXQUEUELEN_DEFAULT, .max = TXQUEUELEN_MAX },
	  .allows = tx_queue_is,
	  .say = say_tx_queue },
	{ { "sysctls", TEXTS }, .allows = sysctls_are, .say = say_sysctls },
	FLAG("force", force),
	FLAG("promiscMode", promisc),
	FLAG("linkInContainer", link_in_container),
	FLAG("vmDevices", vm_devices),
	FLAG("hostAccess", host_access),
	{ { "antispoof", KEY_BOOL, .offset = 0 }, .allows = antispoof_is, .say = say_antispoof },
	FLAG("allowDhcpServer", allow_dhcp_server),
	FLAG("allowRouterAdvertisements", allow_router),
	{ { "egressRate", KEY_LONG, .offset = 0 }, .allows = egress_is, .say = say_egress },
	{ { "ingressRate", KEY_LONG, .offset = 0 }, .allows = ingress_is, .say = say_ingress },
	{ .key.name = NULL },
};
const struct policy_key policy_keys[] = {
	{ { "rules", KEY_LIST, .member = &rule_member, .required = true,
	    .wanted = "it must be a list of objects" },
	  .flag = 0 },
	{ { "files", KEY_LIST, .member = &text_member,
	    .wanted = "it must be a list of paths, in which * and ? are wildcards" },
	  .flag = 0 },
	{ .key.name = NULL },
};

/* The tables end with a row without a name. Places only grow by one. */
static const struct key *row_key(const struct policy_key *rows, size_t place)
{
	return rows[place].key.name ? &rows[place].key : NULL;
}

const struct key *policy_rule_key(size_t place)
{
	return row_key(rule_keys, place);
}

const struct key *policy_key(size_t place)
{
	return row_key(policy_keys, place);
}
