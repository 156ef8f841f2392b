/* SPDX-License-Identifier: Apache-2.0 */
/* The keys a policy and its rules have: one row a key. */
#ifndef PLUGIN_POLICY_KEYS_H
#define PLUGIN_POLICY_KEYS_H

#include "base/json.h"
#include "base/keys.h"
#include "plugin/config.h"

enum { POLICY_TEXT = 256 };

/* What is asked for, and by whom. */
struct policy_question {
	const char *network;
	const char *pod_namespace; /* "": the call names none */
	bool any_namespace;        /* rules for whichever namespace count */
	const char *master;        /* the interface's own name; NULL: none of the host's */
	uint32_t mode;             /* of the target */
	const struct config *config;
	const cJSON *json; /* the configuration's own text, for the files it names */
};

/* `value` is NULL where the rule does not have the key. */
struct policy_key {
	struct key key; /* how it is spelled; a value is judged as it is, so nothing is stored */
	bool (*selects)(const cJSON *value, const struct policy_question *q); /* whom it is for */
	bool (*allows)(const cJSON *value, const struct policy_question *q);
	void (*say)(const struct policy_question *q,
	            char text[POLICY_TEXT]); /* what is asked for */
	size_t flag; /* of one that lets a configuration say true: its offset there; else 0 */
};

extern const struct policy_key rule_keys[];
extern const struct policy_key policy_keys[];

#endif
