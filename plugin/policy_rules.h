/* SPDX-License-Identifier: Apache-2.0 */
/* The rules of a policy: which endpoints a node's administrator lets configurations ask for.
 *
 * A policy is an object with "rules", a list of objects, and perhaps "files", the host's files that
 * configurations may name. A rule says whom it is for (networks, namespaces) and what they may have
 * (masters, modes, ...). An endpoint is allowed when one rule that is for it allows all of it. */
#ifndef PLUGIN_POLICY_RULES_H
#define PLUGIN_POLICY_RULES_H

#include "base/json.h"
#include "plugin/policy_keys.h"

struct policy {
	const char *path; /* for messages; borrowed */
	cJSON *json;      /* owned; NULL: there is no policy, and everything is allowed */
};

static inline void policy_release(struct policy *p)
{
	json_release(&p->json);
}

/* Parses a policy strictly: keys and words it does not know, repeated keys and values of another
 * type are refused. Fills p->json, for policy_release(). Codes CNI_DECODE and CNI_CONFIG, naming
 * rule and key. */
int policy_parse(struct policy *p, const char *text, size_t length, struct failure *f) MUST_CHECK;

/* Refuses what no rule allows. Code CNI_CONFIG; the details say for each rule that is for the one
 * who asks what it objects to. */
int policy_judge(const struct policy *p, const struct policy_question *q,
                 struct failure *f) MUST_CHECK;

/* Whether a configuration may name a file or directory of the host. */
bool policy_has_file(const struct policy *p, const char *path);

#endif
