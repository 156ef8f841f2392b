/* SPDX-License-Identifier: Apache-2.0 */
/* The keys a policy and its rules have: one row a key. */
#ifndef PLUGIN_POLICY_KEYS_H
#define PLUGIN_POLICY_KEYS_H

#include "base/json.h"
#include "base/keys.h"
#include "plugin/config.h"

enum { POLICY_TEXT = 256 };

/* The endpoint that a call asks for, and who asks. All borrowed. */
struct policy_question {
	const char *network;
	const char *pod_namespace; /* "": the call names no namespace */
	bool any_namespace;        /* ignore which namespaces a rule is for */
	const char *master; /* the interface's own name; NULL: the master is not on the host */
	uint32_t mode;      /* MACVLAN_MODE_* of the target */
	const struct config *config;
	const cJSON *json; /* the configuration's text, which names files */
};

/* The functions get `value` NULL if the rule does not have the key. */
struct policy_key {
	struct key key; /* the spelling; the functions judge the value in place: store nothing */
	bool (*selects)(const cJSON *value, const struct policy_question *q); /* it is for q */
	bool (*allows)(const cJSON *value, const struct policy_question *q);
	void (*say)(const struct policy_question *q,
	            char text[POLICY_TEXT]); /* write what the call asks for */
	size_t flag; /* offset in struct config of the flag that the key permits; 0: no flag */
};

extern const struct policy_key rule_keys[];
extern const struct policy_key policy_keys[];

/* The same as tables of keys, for a caller that describes them. It must stop at the first NULL. */
key_table policy_key, policy_rule_key;

#endif
