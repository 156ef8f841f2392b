/* SPDX-License-Identifier: Apache-2.0 */
/* The rules of a policy: which are refused as they are spelled, and what they allow. */
#include "plugin/policy_rules.h"
#include "tests/unit/unit.h"

#include <linux/if_link.h>

#define RULE(keys) "{\"rules\":[{\"masters\":[\"eth?\"],\"modes\":[\"bridge\"]" keys "}]}"

static void an_invalid_policy_is_refused_with_its_key(struct verdict *v)
{
	static const struct {
		const char *text;
		const char *msg; /* NULL: accepted */
	} cases[] = {
		{ "{\"rules\":[]}", NULL },
		{ RULE(""), NULL },
		{ RULE(",\"name\":\"n\",\"networks\":[],\"namespaces\":[\"*\"],\"links\":["
		       "\"macvlan\"],"
		       "\"owners\":[0,4294967294],\"force\":false,\"promiscMode\":true,"
		       "\"linkInContainer\":false,\"vmDevices\":true"),
		  NULL },
		{ "{\"files\":[\"/a\"],\"rules\":[]}", NULL },
		{ "", "cannot decode the policy /p" },
		{ "{\"rules\":[],}", "cannot decode the policy /p" },
		{ "null", "policy /p" },
		{ "[]", "policy /p" },
		{ "{}", "policy /p: key rules" },
		{ "{\"rules\":{}}", "policy /p: key rules" },
		{ "{\"rules\":[[]]}", "policy /p: key rules" },
		{ "{\"rules\":null}", "policy /p: key rules" },
		{ "{\"rules\":[],\"rules\":[]}", "policy /p: key rules" },
		{ "{\"rules\":[],\"Rules\":[]}", "policy /p: key Rules" },
		{ "{\"rules\":[],\"files\":\"/a\"}", "policy /p: key files" },
		{ "{\"rules\":[],\"\":1}", "policy /p: key " },
		{ "{\"rules\":[{}]}", "policy /p: rule 1: key masters" },
		{ "{\"rules\":[{\"masters\":[\"*\"]}]}", "policy /p: rule 1: key modes" },
		{ RULE(",\"modes\":[\"bridge\"]"), "policy /p: rule 1: key modes" },
		{ RULE("},{\"masters\":\"*\""), "policy /p: rule 2: key masters" },
		{ RULE("},{\"masters\":[\"\"]"), "policy /p: rule 2: key masters" },
		{ RULE("},{\"modes\":[\"Bridge\"]"), "policy /p: rule 2: key modes" },
		{ RULE("},{\"modes\":[1]"), "policy /p: rule 2: key modes" },
		{ RULE(",\"network\":[]"), "policy /p: rule 1: key network" },
		{ RULE(",\"networks\":null"), "policy /p: rule 1: key networks" },
		{ RULE(",\"namespaces\":[null]"), "policy /p: rule 1: key namespaces" },
		{ RULE(",\"links\":[\"vlan\"]"), "policy /p: rule 1: key links" },
		{ RULE(",\"name\":\"\""), "policy /p: rule 1: key name" },
		{ RULE(",\"force\":\"true\""), "policy /p: rule 1: key force" },
		{ RULE(",\"force\":1"), "policy /p: rule 1: key force" },
		{ RULE(",\"owners\":[1.0]"), "policy /p: rule 1: key owners" },
		{ RULE(",\"owners\":[-1]"), "policy /p: rule 1: key owners" },
		{ RULE(",\"owners\":[4294967295]"), "policy /p: rule 1: key owners" },
		{ RULE(",\"owners\":[\"0\"]"), "policy /p: rule 1: key owners" },
		{ RULE(",\"macs\":[\"02:*\"],\"deviceIDs\":[],\"bcqueuelen\":1000"), NULL },
		{ RULE(",\"bcqueuelen\":10000,\"txQueueLen\":1000"), NULL },
		{ RULE(",\"txQueueLen\":999"), "policy /p: rule 1: key txQueueLen" },
		{ RULE(",\"txQueueLen\":10001"), "policy /p: rule 1: key txQueueLen" },
		{ RULE(",\"macs\":\"02:*\""), "policy /p: rule 1: key macs" },
		{ RULE(",\"deviceIDs\":\"*\""), "policy /p: rule 1: key deviceIDs" },
		{ RULE(",\"deviceIDs\":[1]"), "policy /p: rule 1: key deviceIDs" },
		{ RULE(",\"bcqueuelen\":999"), "policy /p: rule 1: key bcqueuelen" },
		{ RULE(",\"bcqueuelen\":10001"), "policy /p: rule 1: key bcqueuelen" },
		{ RULE(",\"bcqueuelen\":\"2000\""), "policy /p: rule 1: key bcqueuelen" },
		{ RULE(",\"bcqueuelen\":true"), "policy /p: rule 1: key bcqueuelen" },
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		OWNED(policy_release) struct policy p = { .path = "/p" };
		struct failure f = { 0 };
		const bool ok = policy_parse(&p, cases[i].text, strlen(cases[i].text), &f) == 0;
		expect(v, same_text(ok ? NULL : f.msg, cases[i].msg), "%s: %s", cases[i].text,
		       ok ? "accepted" : f.msg);
	}
}

static const char policy_text[] =
        "{\"rules\":["
        "{\"namespaces\":[\"a\",\"b-*\"],\"masters\":[\"eth[01]\"],\"modes\":[\"bridge\"]},"
        "{\"name\":\"n\",\"networks\":[\"lan?\"],\"masters\":[\"*\"],\"modes\":[\"passthru\"],"
        "\"links\":[\"macvtap\"],\"owners\":[0,107],\"force\":true}],"
        "\"files\":[\"/var/log/*.log\"]}";

enum { BRIDGE = MACVLAN_MODE_BRIDGE, PASSTHRU = MACVLAN_MODE_PASSTHRU };

static const struct {
	const char *network, *pod_namespace, *master;
	uint32_t mode;
	struct tap_access tap;
	bool promisc;
	const char *details; /* NULL: allowed */
} questions[] = {
	{ "x", "a", "eth0", BRIDGE, { 9, 9, 0666 }, false, NULL },
	{ "x", "b-", "eth1", BRIDGE, { 0, 0, 0 }, false, NULL },
	{ "x",
	  "b",
	  "eth1",
	  BRIDGE,
	  { 0, 0, 0 },
	  false,
	  "no rule is for it: look at the networks and namespaces of its rules" },
	{ "x",
	  "",
	  "eth1",
	  BRIDGE,
	  { 0, 0, 0 },
	  false,
	  "no rule is for it: look at the networks and namespaces of its rules" },
	{ "lan1", "", "eth9", PASSTHRU, { 0, 107, 0660 }, false, NULL },
	{ "lan1",
	  "a",
	  "eth9",
	  BRIDGE,
	  { 0, 0, 0 },
	  false,
	  "rule 1 has masters [\"eth[01]\"], not master eth9; rule 2 (n) has modes "
	  "[\"passthru\"], not mode bridge" },
	{ "lan1",
	  "",
	  "eth9",
	  PASSTHRU,
	  { 0, 5, 0660 },
	  false,
	  "rule 2 (n) has owners [0,107], not owner 0, group 5, tapMode 0660" },
	{ "lan1",
	  "",
	  "eth9",
	  PASSTHRU,
	  { 0, 0, 0604 },
	  false,
	  "rule 2 (n) has owners [0,107], not owner 0, group 0, tapMode 0604" },
	{ "lan1",
	  "",
	  "eth9",
	  PASSTHRU,
	  { 0, 0, 0600 },
	  true,
	  "rule 2 (n) does not allow promiscMode" },
	{ "lan1", "", NULL, PASSTHRU, { 0, 0, 0600 }, false, NULL },
};

static void a_request_needs_one_rule_that_allows_it(struct verdict *v)
{
	OWNED(policy_release) struct policy p = { .path = "/p" };
	struct failure f = { 0 };

	expect(v, policy_parse(&p, policy_text, strlen(policy_text), &f) == 0, "%s", f.msg);
	for (size_t i = 0; i < COUNT_OF(questions); i++) {
		const struct config c = { .kind = link_kind_find("macvtap"),
			                  .mode = questions[i].mode,
			                  .tap = questions[i].tap,
			                  .promisc = questions[i].promisc };
		const struct policy_question q = { .network = questions[i].network,
			                           .pod_namespace = questions[i].pod_namespace,
			                           .master = questions[i].master,
			                           .mode = c.mode,
			                           .config = &c };
		f = (struct failure){ 0 };
		const bool ok = policy_judge(&p, &q, &f) == 0;
		expect(v, same_text(ok ? NULL : f.details, questions[i].details), "%zu: %s", i,
		       ok ? "allowed" : f.details);
	}
}

static void files_are_those_it_lists(struct verdict *v)
{
	static const struct {
		const char *path;
		bool has;
	} cases[] = {
		{ "/var/log/a.log", true },     { "/var/log/.log", true },
		{ "/var/log/a", false },        { "/var/log/a/b.log", false },
		{ "/var/log/../a.log", false }, { "var/log/a.log", false },
		{ "/var/log/..", false },       { "/var/log/x/../a.log", false },
		{ "/var/log/..a.log", true },   { "", false },
	};
	OWNED(policy_release) struct policy p = { .path = "/p" };
	struct failure f = { 0 };

	expect(v, policy_parse(&p, policy_text, strlen(policy_text), &f) == 0, "%s", f.msg);
	for (size_t i = 0; i < COUNT_OF(cases); i++)
		expect(v, policy_has_file(&p, cases[i].path) == cases[i].has, "%s", cases[i].path);
}

int main(void)
{
	static const struct unit units[] = {
		UNIT(an_invalid_policy_is_refused_with_its_key),
		UNIT(a_request_needs_one_rule_that_allows_it),
		UNIT(files_are_those_it_lists),
	};
	return units_run(units, COUNT_OF(units));
}
