/* SPDX-License-Identifier: Apache-2.0 */
/* The node's policy: reading its file, which only root may have written, and asking it. */
#ifndef PLUGIN_POLICY_H
#define PLUGIN_POLICY_H

#include "plugin/attachment.h"

/* Refuses an attachment the policy does not allow, its master found. Codes: CNI_CONFIG where no
 * rule allows it; CNI_IO, CNI_DECODE and CNI_CONFIG where the policy cannot be used, in which case
 * nothing is allowed. */
int policy_permit(struct attachment *a, struct failure *f) MUST_CHECK;

/* Like policy_permit(), for the host link that the call's deviceID names; it has a mode and a
 * master. The rest of the configuration may be wrong. */
int policy_permit_takeover(const struct request *r, const struct config *c, uint32_t mode,
                           const char *master, struct failure *f) MUST_CHECK;

/* Like policy_permit(), before there is a container, so that no rule about its namespace counts.
 * `master`: of master_below(); NULL if it is not known yet. */
int policy_permit_network(const struct request *r, const struct config *c, const char *master,
                          struct failure *f) MUST_CHECK;

/* Whether the log a configuration names may be written. */
bool policy_permits_log(const char *path);

#endif
