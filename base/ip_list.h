/* SPDX-License-Identifier: Apache-2.0 */
/* A list of addresses that grows. */
#ifndef BASE_IP_LIST_H
#define BASE_IP_LIST_H

#include "base/address.h"
#include "base/failure.h"
#include "base/owned.h"

struct ip_list {
	struct ip *ips; /* owned */
	size_t n;
};

void ip_list_release(struct ip_list *list);
bool ip_list_has(const struct ip_list *list, const struct ip *ip);
/* Code CNI_OTHER when memory is out. */
int ip_list_add(struct ip_list *list, const struct ip *ip, struct failure *f) MUST_CHECK;
void ip_list_remove(struct ip_list *list, size_t index);

#endif
