/* SPDX-License-Identifier: Apache-2.0 */
/* The list of valid attachments that a GC call has. */
#ifndef CNI_ATTACHMENTS_H
#define CNI_ATTACHMENTS_H

#include "base/failure.h"
#include "base/owned.h"

#include <cjson/cJSON.h>
#include <stdbool.h>

/* Read the list of valid attachments. Returns 1 if the configuration has the list: *list is
 * borrowed (NULL when empty), and its objects have a containerID and an ifname. Returns 0 if the
 * configuration does not have the key. Returns -1 (CNI_CONFIG) for an invalid list, which must not
 * count as an empty one. */
int attachments_read(const cJSON *config, const cJSON **list, struct failure *f) MUST_CHECK;

bool attachments_have(const cJSON *list, const char *container_id, const char *ifname);

#endif
