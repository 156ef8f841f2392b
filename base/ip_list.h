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
/* Add an address to a list. Returns 0, or -1 without memory (CNI_OTHER). */
int ip_list_add(struct ip_list *list, const struct ip *ip, struct failure *f) MUST_CHECK;
void ip_list_remove(struct ip_list *list, size_t index);

#endif
