/* SPDX-License-Identifier: Apache-2.0 */
/* The last address of each pod: a table of fixed size. It forgets the pods with the oldest entries.
 * A failed read or write counts as forgotten. */
#ifndef IPAM_STICKY_H
#define IPAM_STICKY_H

#include "base/address.h"
#include "cni/request.h"
#include "ipam/own_directory.h"

enum { STICKY_NAME = 2048 };

/* Write the name of an attachment in the table: pod and interface, by K8S_POD_NAMESPACE and
 * K8S_POD_NAME, else container and interface. Returns false if the name is too long to remember. */
bool sticky_name(const struct request *r, char name[static STICKY_NAME]);

/* Returns the last address of range set N for a name; family 0: not known. */
struct ip sticky_recall(const struct own_directory *p, const char *name, size_t set);
void sticky_remember(const struct own_directory *p, const char *name, size_t set,
                     const struct ip *ip);

#endif
