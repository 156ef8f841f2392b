/* SPDX-License-Identifier: Apache-2.0 */
/* Our classifiers at an interface: before all others by tcx (Linux 6.6), or the first filters of
 * clsact. They stay when the process ends, and go with the interface. */
#ifndef NETNS_CLASSIFIER_H
#define NETNS_CLASSIFIER_H

#include "base/found.h"
#include "netns/ebpf.h"
#include "netns/rtnl.h"

/* The priorities of our filters, before Linux 6.6: the lower ones run first. */
enum { CLASSIFIER_GUARD = 1, CLASSIFIER_HOST = 2 };

/* One of our classifiers. Each place of an interface has one of a name at most. */
struct classifier {
	const char *name; /* of the program, or how it begins */
	enum ebpf_tcx where;
	uint16_t priority; /* CLASSIFIER_* */
	const char *after; /* the name of the one that runs before it, if that is there; or NULL */
};

/* Find a classifier at an interface. Returns FOUND with the program's descriptor, which the caller
 * owns, and what it uses, FOUND_NONE, also if the interface is gone, or FOUND_FAILED with errno. */
enum found classifier_find(const struct classifier *c, struct rtnl *nl, uint32_t ifindex,
                           int *program, struct ebpf_program_info *info) MUST_CHECK;

/* Attach a program, and detach it. Without tcx, attaching adds a clsact that detaching leaves:
 * other programs may use it. Both return 0 or -1. */
int classifier_attach(const struct classifier *c, struct rtnl *nl, uint32_t ifindex, int program,
                      struct failure *f) MUST_CHECK;
int classifier_detach(const struct classifier *c, struct rtnl *nl, uint32_t ifindex, int program,
                      struct failure *f) MUST_CHECK;

/* Attach a program as a filter of clsact, which works in the namespace of the socket. Returns 0 or
 * -1. */
int classifier_attach_filter(const struct classifier *c, struct rtnl *nl, uint32_t ifindex,
                             int program, struct failure *f) MUST_CHECK;

#endif
