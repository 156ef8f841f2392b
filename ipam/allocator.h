/* SPDX-License-Identifier: Apache-2.0 */
/* The allocator's verbs, the same for the executable podtap-ipam and for a call in process. */
#ifndef IPAM_ALLOCATOR_H
#define IPAM_ALLOCATOR_H

#include "base/ip_list.h"
#include "cni/request.h"

/* Reserves the addresses and describes them in a result of the request's version, which the caller
 * owns. Addresses in `avoid` are not given out, whoever asks. NULL: nothing is reserved. */
cJSON *allocator_add(const struct request *r, const struct ip_list *avoid,
                     struct failure *f) MUST_CHECK;

int allocator_check(const struct request *r, struct failure *f) MUST_CHECK;
int allocator_del(const struct request *r, struct failure *f) MUST_CHECK;
int allocator_status(const struct request *r, struct failure *f) MUST_CHECK;
int allocator_gc(const struct request *r, struct failure *f) MUST_CHECK;

/* For the verbs: how the store spells an attachment. Code CNI_ENV where it is too long for that. */
int holder_format(const struct request *r, char *holder, size_t size, struct failure *f) MUST_CHECK;

#endif
