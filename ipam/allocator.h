/* SPDX-License-Identifier: Apache-2.0 */
/* The allocator's verbs, the same for the executable podtap-ipam and for a call in the process. */
#ifndef IPAM_ALLOCATOR_H
#define IPAM_ALLOCATOR_H

#include "base/ip_list.h"
#include "cni/request.h"
#include "ipam/held.h"

/* Reserve the addresses. Returns a result of the request's version, which the caller owns. Never
 * gives an address in `avoid`, even if the request asks for it. Says in *proof whether they must be
 * proved unused. Returns NULL on failure; then nothing is reserved. */
cJSON *allocator_add(const struct request *r, const struct ip_list *avoid, enum proof *proof,
                     struct failure *f) MUST_CHECK;

/* Find the owner of the addresses that an ADD will get: wait for podtap-addresses as that does.
 * Returns 1, 0 if they belong to nobody, or -1 (as allocator_add()). */
int allocator_owner(const struct request *r, char space[static POOL_NAME],
                    char name[static POD_NAME], struct failure *f) MUST_CHECK;

int allocator_check(const struct request *r, struct failure *f) MUST_CHECK;
int allocator_del(const struct request *r, struct failure *f) MUST_CHECK;
int allocator_status(const struct request *r, struct failure *f) MUST_CHECK;
/* As allocator_status(), but always as with strictStatus. */
int allocator_room(const struct request *r, struct failure *f) MUST_CHECK;
int allocator_gc(const struct request *r, struct failure *f) MUST_CHECK;

/* Write an attachment as the store spells it, for the verbs. Returns 0, or -1 (CNI_ENV) if it is
 * too long. */
int holder_format(const struct request *r, char *holder, size_t size, struct failure *f) MUST_CHECK;

#endif
