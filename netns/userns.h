/* SPDX-License-Identifier: Apache-2.0 */
/* The user namespace that owns a network namespace, and the ids of the host behind its ids. */
#ifndef NETNS_USERNS_H
#define NETNS_USERNS_H

#include "base/failure.h"
#include "base/found.h"
#include "base/owned.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* Find an id of the namespace in its map. Returns false if the map does not have it, or if the host
 * has no id for it. */
bool userns_map_find(const char *map, uint32_t id, uint32_t *host);

/* Replace a user and a group of the container by the host's ids for them. Only the network
 * namespace is needed: all processes of the container may have ended. Call it while CAP_SYS_ADMIN
 * is there. Returns FOUND with the ids replaced; FOUND_NONE if the container has the host's ids,
 * which stay; or FOUND_FAILED: CNI_CONFIG if an id is not mapped, with the map. */
enum found userns_host_ids(int netns, uid_t *uid, gid_t *gid, struct failure *f) MUST_CHECK;

#endif
