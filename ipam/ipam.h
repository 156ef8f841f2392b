/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses for an endpoint, from whichever IPAM plugin the configuration names: an executable in
 * CNI_PATH, or our own allocator called in process. */
#ifndef IPAM_IPAM_H
#define IPAM_IPAM_H

#include "base/ip_list.h"
#include "base/keys.h"
#include "cni/request.h"
#include "cni/result.h"

/* What an IPAM ADD answered. */
struct ipam_answer {
	cJSON *json; /* owned; what result borrows from */
	struct result result;
};

void ipam_answer_release(struct ipam_answer *a);

/* The ipam.type of a configuration; NULL where ipam is absent, null, {} or has an empty type, and
 * then none of the calls below is to be made. The text is borrowed. */
const char *ipam_type(const cJSON *config);

/* Whether this plugin (NULL: none) is a process of its own. */
bool ipam_delegates(const char *type);

/* The configuration key that says how many seconds (uint32_t) one call of a plugin may take. It is
 * checked with the other keys; what follows reads it itself. */
extern const struct key ipam_timeout;

/* Each verb on behalf of the request being served; errors are the plugin's own, unchanged.
 * ipam_add() needs at least one address in the answer (CNI_OTHER otherwise); when it fails it has
 * already run the plugin's DEL. Our own allocator gives out none of the addresses in `avoid`; other
 * plugins are not told. STATUS and GC succeed for a plugin that does not know the verb;
 * STATUS is CNI_UNAVAILABLE where there is no such plugin. */
int ipam_add(const struct request *r, const char *type, const struct ip_list *avoid,
             struct ipam_answer *a, struct failure *f) MUST_CHECK;
int ipam_check(const struct request *r, const char *type, struct failure *f) MUST_CHECK;
int ipam_del(const struct request *r, const char *type, struct failure *f) MUST_CHECK;
int ipam_status(const struct request *r, const char *type, struct failure *f) MUST_CHECK;
int ipam_gc(const struct request *r, const char *type, struct failure *f) MUST_CHECK;

/* The plugin's DEL for another attachment of the same network: how GC releases what a plugin
 * without GC keeps. */
int ipam_release(const struct request *r, const char *type, const char *container_id,
                 const char *ifname, const char *netns, struct failure *f) MUST_CHECK;

#endif
