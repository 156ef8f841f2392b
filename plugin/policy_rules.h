/* SPDX-License-Identifier: Apache-2.0 */
/* The rules of a policy: which endpoints a node's administrator allows. A policy is an object with
 * "rules", a list of objects, and optionally "files", the host's files that configurations may
 * name. A rule names its subjects (networks, namespaces) and what it allows them (masters, modes,
 * ...). A policy allows an endpoint if one rule for its subject allows all of it. */
#ifndef PLUGIN_POLICY_RULES_H
#define PLUGIN_POLICY_RULES_H

#include "base/json.h"
#include "plugin/policy_keys.h"

struct policy {
	const char *path; /* borrowed, for messages */
	cJSON *json;      /* owned; NULL: there is no policy, and every endpoint is allowed */
};

static inline void policy_release(struct policy *p)
{
	json_release(&p->json);
}

/* Parse a policy strictly: refuse unknown keys and words, repeated keys, and values of another
 * type. Fills p->json, which policy_release() frees. Returns 0, or -1: CNI_DECODE or CNI_CONFIG,
 * which name the rule and the key. */
int policy_parse(struct policy *p, const char *text, size_t length, struct failure *f) MUST_CHECK;

/* Refuse an endpoint that no rule allows. Returns 0, or -1: CNI_CONFIG. The details give the
 * objection of each rule that is for the caller. */
int policy_judge(const struct policy *p, const struct policy_question *q,
                 struct failure *f) MUST_CHECK;

/* Whether a configuration may name this file or directory of the host. */
bool policy_has_file(const struct policy *p, const char *path);

#endif
