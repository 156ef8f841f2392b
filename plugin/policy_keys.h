/* SPDX-License-Identifier: Apache-2.0 */
/* The keys a policy and its rules have: one row a key. */
#ifndef PLUGIN_POLICY_KEYS_H
#define PLUGIN_POLICY_KEYS_H

#include "plugin/policy_rules.h"

enum { POLICY_TEXT = 128 };

/* `value` is NULL where the rule does not have the key. */
struct policy_key {
	const char *name;
	bool (*is)(const cJSON *value); /* spelled as it should be */
	const char *wanted;             /* how that is */
	bool required;
	bool (*selects)(const cJSON *value, const struct policy_question *q); /* whom it is for */
	bool (*allows)(const cJSON *value, const struct policy_question *q);
	void (*say)(const struct policy_question *q,
	            char text[POLICY_TEXT]); /* what is asked for */
	size_t flag; /* of one that lets a configuration say true: its offset there; else 0 */
};

extern const struct policy_key rule_keys[];
extern const struct policy_key policy_keys[];

#endif
