/* SPDX-License-Identifier: Apache-2.0 */
/* The node's policy: reading its file, which only root may write, and judging calls by it. */
#ifndef PLUGIN_POLICY_H
#define PLUGIN_POLICY_H

#include "plugin/attachment.h"

/* Refuse an attachment that the policy does not allow. Its master must have been found. Returns 0,
 * or -1: CNI_CONFIG if no rule allows it; CNI_IO, CNI_DECODE or CNI_CONFIG if the policy cannot be
 * used. An unusable policy allows nothing. */
int policy_permit(struct attachment *a, struct failure *f) MUST_CHECK;

/* Like policy_permit(), for the host link that the call's deviceID names. That link has a mode and
 * a master. The rest of the configuration may be invalid. */
int policy_permit_takeover(const struct request *r, const struct config *c, uint32_t mode,
                           const char *master, struct failure *f) MUST_CHECK;

/* Like policy_permit(), for a call without a container: ignore which namespaces a rule is for.
 * `master` is the result of master_below(), or NULL if it is not known yet. */
int policy_permit_network(const struct request *r, const struct config *c, const char *master,
                          struct failure *f) MUST_CHECK;

/* Whether podtap may write the log that a configuration names. */
bool policy_permits_log(const char *path);

/* The largest policy, in bytes. */
enum { POLICY_MAX = 1 << 20 };

/* The path of the node's policy: $PODTAP_POLICY, or the default. */
const char *policy_path(void);

/* Validate the text of a policy. `path` is what a failure calls it. Returns 0, or -1: CNI_DECODE or
 * CNI_CONFIG, which name the rule and the key. */
int policy_check(const char *path, const char *text, size_t length, struct failure *f) MUST_CHECK;

/* Read and validate the policy without a question. *path is its path, and *exists whether there is
 * one. Returns 0, or -1 if it cannot be used. */
int policy_look(const char **path, bool *exists, struct failure *f) MUST_CHECK;

#endif
