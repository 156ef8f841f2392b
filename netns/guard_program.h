/* SPDX-License-Identifier: Apache-2.0 */
/* The programs that guard a master, in instructions of eBPF. */
#ifndef NETNS_GUARD_PROGRAM_H
#define NETNS_GUARD_PROGRAM_H

#include "base/owned.h"
#include "netns/guard_value.h"
#include "netns/skb_layout.h"

#define GUARD_PROGRAM_NAME "podtap_guard"
#define GUARD_LIMIT_NAME   "podtap_limit"
#define GUARD_STAMP_NAME   "podtap_stamp"

/* Load the program for a master's egress. Returns its descriptor, which the caller owns, or -1 with
 * errno. maps[GUARD_MAP_NETNS] is -1 for the program that does not ask for namespaces. */
int guard_program_load(const int maps[GUARD_MAPS], const struct skb_layout *layout) MUST_CHECK;

/* Load the program for a master's ingress, which limits what goes to the endpoints. */
int guard_limit_load(int entries) MUST_CHECK;

/* Load the program for the egress of an endpoint's own link, which proves by the token that a frame
 * is that endpoint's. */
int guard_stamp_load(const struct mac *mac, uint64_t token) MUST_CHECK;

#endif
