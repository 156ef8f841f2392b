/* SPDX-License-Identifier: Apache-2.0 */
/* Parsing the rules of a policy and judging by them. */
#include "plugin/policy_rules.h"

#include "base/json.h"

#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

enum { NAME_TEXT = 64, REASON_TEXT = 2 * POLICY_TEXT + NAME_TEXT + 64 };

/* Match the case of the name, unlike for keys of a configuration. */
static const cJSON *value_of(const cJSON *object, const char *name)
{
	return cJSON_GetObjectItemCaseSensitive(object, name);
}

static int refuse_key(const struct policy *p, const char *where, const cJSON *member,
                      const char *why, struct failure *f)
{
	return fail(f, CNI_CONFIG, why, "policy %s: %skey %.64s", p->path, where, member->string);
}

static int refuse_unknown(const struct policy *p, const char *where, const cJSON *member,
                          const struct policy_key *keys, struct failure *f)
{
	char why[512] = "there is no such key; there are:";

	for (; keys->key.name; keys++)
		word_add(why, sizeof why, " ", keys->key.name);
	return refuse_key(p, where, member, why, f);
}

static const struct policy_key *key_find(const struct policy_key *keys, const char *name)
{
	for (; keys->key.name; keys++)
		if (strcmp(keys->key.name, name) == 0)
			return keys;
	return NULL;
}

static int check_keys(const struct policy *p, const char *where, const cJSON *object,
                      const struct policy_key *keys, struct failure *f)
{
	char wanted[KEY_WANTED_TEXT];
	const char *mismatch;
	const cJSON *member;

	json_each_member(member, object)
	{
		const struct policy_key *key = key_find(keys, member->string);
		if (!key)
			return refuse_unknown(p, where, member, keys, f);
		if (value_of(object, key->key.name) != member)
			return refuse_key(p, where, member, "it is there twice", f);
		mismatch = key_mismatch(&key->key, member, wanted);
		if (mismatch)
			return refuse_key(p, where, member, mismatch, f);
	}
	for (; keys->key.name; keys++)
		if (keys->key.required && !value_of(object, keys->key.name))
			return fail(f, CNI_CONFIG, "it is needed", "policy %s: %skey %s", p->path,
			            where, keys->key.name);
	return 0;
}

int policy_parse(struct policy *p, const char *text, size_t length, struct failure *f)
{
	char what[PATH_MAX + 16], where[32];
	const cJSON *rule;
	int number = 0;

	snprintf(what, sizeof what, "the policy %s", p->path);
	p->json = json_parse(text, length, what, f);
	if (!p->json)
		return -1;
	if (!cJSON_IsObject(p->json))
		return fail(f, CNI_CONFIG, "it is no object", "policy %s", p->path);
	if (check_keys(p, "", p->json, policy_keys, f) < 0)
		return -1;
	cJSON_ArrayForEach(rule, value_of(p->json, "rules"))
	{
		snprintf(where, sizeof where, "rule %d: ", ++number);
		if (check_keys(p, where, rule, rule_keys, f) < 0)
			return -1;
	}
	return 0;
}

static bool rule_is_for(const cJSON *rule, const struct policy_question *q)
{
	for (const struct policy_key *key = rule_keys; key->key.name; key++)
		if (key->selects && !key->selects(value_of(rule, key->key.name), q))
			return false;
	return true;
}

static bool flag_is_set(const struct policy_key *key, const struct config *c)
{
	return key->flag && *(const bool *)((const char *)c + key->flag);
}

/* Find the first key by which a rule refuses what the call asks for. Returns NULL if the rule
 * allows all of it. */
static const struct policy_key *objection(const cJSON *rule, const struct policy_question *q)
{
	for (const struct policy_key *key = rule_keys; key->key.name; key++) {
		const cJSON *value = value_of(rule, key->key.name);
		if (key->allows && !key->allows(value, q))
			return key;
		if (flag_is_set(key, q->config) && !cJSON_IsTrue(value))
			return key;
	}
	return NULL;
}

/* Write the objection of a rule: "rule 2 (tenants) has masters ["eth1"], not master eth0". */
static void reason_write(const cJSON *rule, int number, const struct policy_key *key,
                         const struct policy_question *q, char text[REASON_TEXT])
{
	char has[POLICY_TEXT] = "", asked[POLICY_TEXT] = "", name[NAME_TEXT + 4] = "";
	const char *called = json_string(value_of(rule, "name"));
	const cJSON *value = value_of(rule, key->key.name);

	if (called)
		snprintf(name, sizeof name, " (%.*s)", NAME_TEXT, called);
	if (!key->say) {
		snprintf(text, REASON_TEXT, "rule %d%s does not allow %s", number, name,
		         key->key.name);
		return;
	}
	key->say(q, asked);
	if (!value) {
		snprintf(text, REASON_TEXT, "rule %d%s without %s does not allow %s", number, name,
		         key->key.name, asked);
		return;
	}
	key_value_text(value, has, sizeof has);
	snprintf(text, REASON_TEXT, "rule %d%s has %s %s, not %s", number, name, key->key.name, has,
	         asked);
}

static int refuse(const struct policy *p, const struct policy_question *q, const char *reasons,
                  struct failure *f)
{
	char whose[300];

	if (*q->pod_namespace)
		snprintf(whose, sizeof whose, " in namespace %.256s", q->pod_namespace);
	else
		snprintf(whose, sizeof whose, "%s", q->any_namespace ? "" : " without a namespace");
	return fail(f, CNI_CONFIG,
	            *reasons
	                    ? reasons
	                    : "no rule is for it: look at the networks and namespaces of its rules",
	            "policy %s does not allow this endpoint of network %.256s%s", p->path,
	            q->network, whose);
}

static int judge_rules(const struct policy *p, const struct policy_question *q, struct failure *f)
{
	char reasons[sizeof f->details] = "", reason[REASON_TEXT];
	const cJSON *rule;
	size_t used = 0;
	int number = 0;

	cJSON_ArrayForEach(rule, value_of(p->json, "rules"))
	{
		number++;
		if (!rule_is_for(rule, q))
			continue;
		const struct policy_key *key = objection(rule, q);
		if (!key)
			return 0;
		reason_write(rule, number, key, q, reason);
		if (used + strlen(reason) + 2 < sizeof reasons)
			used += (size_t)snprintf(reasons + used, sizeof reasons - used, "%s%s",
			                         used ? "; " : "", reason);
	}
	return refuse(p, q, reasons, f);
}

/* A pattern compares the text of a path, but ".." makes the path lead elsewhere. */
static bool leads_up(const char *path)
{
	for (const char *at = path; (at = strstr(at, "/..")); at++)
		if (at[3] == '/' || !at[3])
			return true;
	return false;
}

bool policy_has_file(const struct policy *p, const char *path)
{
	const cJSON *pattern;

	if (*path != '/' || leads_up(path))
		return false;
	cJSON_ArrayForEach(pattern, value_of(p->json, "files"))
	{
		if (fnmatch(pattern->valuestring, path, FNM_PATHNAME) == 0)
			return true;
	}
	return false;
}

/* Judge the keys that make root read or write a file on the host. */
static int judge_files(const struct policy *p, const struct policy_question *q, struct failure *f)
{
	static const char *const keys[][3] = {
		{ "logFile", NULL },
		{ "ipam", "dataDir", NULL },
		{ "ipam", "resolvConf", NULL },
	};

	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
		const char *path = json_string(json_path(q->json, keys[i]));
		if (path && *path && !policy_has_file(p, path))
			return fail(f, CNI_CONFIG, "its files have no such path",
			            "policy %s does not allow %s%s%s %.256s", p->path, keys[i][0],
			            keys[i][1] ? "." : "", keys[i][1] ? keys[i][1] : "", path);
	}
	return 0;
}

int policy_judge(const struct policy *p, const struct policy_question *q, struct failure *f)
{
	return judge_rules(p, q, f) < 0 ? -1 : judge_files(p, q, f);
}
