/* SPDX-License-Identifier: Apache-2.0 */
/* Judging a network's configuration before an endpoint exists: what an ADD accepts and does not do,
 * and what it will refuse. */
#ifndef CONTROL_JUDGE_H
#define CONTROL_JUDGE_H

#include "control/findings.h"
#include "control/networks.h"

/* Add what is wrong with a network's configuration by itself: that it is invalid, keys that are
 * unknown, keys without an effect beside others, and ranges of podtap-ipam. Returns whether an ADD
 * would take it. */
bool judge_configuration(struct findings *l, const struct network *n);

/* Add which networks of podtap-ipam give the same addresses. */
void judge_overlaps(struct findings *l, const struct networks *all);

/* Add what the node's policy says to a network. `master` is what master_below() found; NULL: the
 * host has no such interface now. */
void judge_policy(struct findings *l, const struct network *n, const char *master);

#endif
