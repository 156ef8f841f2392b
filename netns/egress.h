/* SPDX-License-Identifier: Apache-2.0 */
/* One classifier of ours at the egress of an interface: before all others by tcx (Linux 6.6), or
 * the first filter of clsact. It stays when the process ends, and goes with the interface. */
#ifndef NETNS_EGRESS_H
#define NETNS_EGRESS_H

#include "base/found.h"
#include "netns/ebpf.h"
#include "netns/rtnl.h"

/* Find our program by its name. Returns FOUND with its descriptor, which the caller owns, and what
 * it uses, FOUND_NONE, also if the interface is gone, or FOUND_FAILED with errno. */
enum found egress_find(struct rtnl *nl, uint32_t ifindex, const char *name, int *program,
                       struct ebpf_program_info *info) MUST_CHECK;

/* Attach a program under a name, and detach it. Without tcx, attaching adds a clsact that detaching
 * leaves: other programs may use it. Both return 0 or -1. */
int egress_attach(struct rtnl *nl, uint32_t ifindex, int program, const char *name,
                  struct failure *f) MUST_CHECK;
int egress_detach(struct rtnl *nl, uint32_t ifindex, int program, struct failure *f) MUST_CHECK;

#endif
