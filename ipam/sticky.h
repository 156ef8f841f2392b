/* SPDX-License-Identifier: Apache-2.0 */
/* Which address a pod had last: a table of fixed size that forgets the pods it heard of longest
 * ago. What it cannot tell, or cannot be told, is as if it had been forgotten. */
#ifndef IPAM_STICKY_H
#define IPAM_STICKY_H

#include "base/address.h"
#include "cni/request.h"
#include "ipam/own_directory.h"

enum { STICKY_NAME = 2048 };

/* Who an attachment is to the table: its pod and interface, by K8S_POD_NAMESPACE and K8S_POD_NAME,
 * else by the container. False: the name is too long to remember. */
bool sticky_name(const struct request *r, char name[static STICKY_NAME]);

/* The address that range set N last gave; family 0: none is known. */
struct ip sticky_recall(const struct own_directory *p, const char *name, size_t set);
void sticky_remember(const struct own_directory *p, const char *name, size_t set,
                     const struct ip *ip);

#endif
