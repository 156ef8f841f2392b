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

#endif
