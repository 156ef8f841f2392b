/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses for an endpoint, from the configured IPAM plugin: an executable in CNI_PATH, or our own
 * allocator in the process. */
#ifndef IPAM_IPAM_H
#define IPAM_IPAM_H

#include "base/ip_list.h"
#include "base/keys.h"
#include "cni/request.h"
#include "cni/result.h"
#include "ipam/held.h"

/* The answer of an IPAM ADD. */
struct ipam_answer {
	cJSON *json; /* owned; the result borrows from it */
	struct result result;
	enum proof proof; /* PROOF_AS_CONFIGURED, except from our own allocator */
};

void ipam_answer_release(struct ipam_answer *a);

/* Returns the ipam.type of a configuration, borrowed. Returns NULL if ipam is absent, null or {},
 * or if its type is empty. The caller must then make none of the calls below. */
const char *ipam_type(const cJSON *config);

/* Returns whether this plugin (NULL: no plugin) runs as a process of its own. */
bool ipam_delegates(const char *type);

/* The configuration key with the seconds (uint32_t) that one call of a plugin may take. It is
 * checked together with the other keys. The functions below read it themselves. */
extern const struct key ipam_timeout;

/* Run a verb of the plugin for the current request. Errors are the plugin's own, unchanged.
 * ipam_add() needs at least one address in the answer, else CNI_OTHER. When ipam_add() fails, it
 * has already run the plugin's DEL. Our own allocator gives no address in `avoid`; other plugins do
 * not get that list. STATUS and GC succeed for a plugin that does not know the verb. STATUS of a
 * missing plugin is CNI_UNAVAILABLE. */
int ipam_add(const struct request *r, const char *type, const struct ip_list *avoid,
             struct ipam_answer *a, struct failure *f) MUST_CHECK;
/* Find the owner, a namespace and a name, to whom the addresses of an ADD will belong. Returns 1, 0
 * if they belong to nobody, or -1 (as ipam_add()). */
int ipam_owner(const struct request *r, const char *type, char space[static POOL_NAME],
               char name[static POD_NAME], struct failure *f) MUST_CHECK;
int ipam_check(const struct request *r, const char *type, struct failure *f) MUST_CHECK;
int ipam_del(const struct request *r, const char *type, struct failure *f) MUST_CHECK;
int ipam_status(const struct request *r, const char *type, struct failure *f) MUST_CHECK;
int ipam_gc(const struct request *r, const char *type, struct failure *f) MUST_CHECK;

/* Run the plugin's DEL for another attachment of the same network. GC releases in this way what a
 * plugin without GC keeps. */
int ipam_release(const struct request *r, const char *type, const char *container_id,
                 const char *ifname, const char *netns, struct failure *f) MUST_CHECK;

#endif
