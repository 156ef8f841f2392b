/* SPDX-License-Identifier: Apache-2.0 */
/* The list of valid attachments that comes with GC. */
#ifndef CNI_ATTACHMENTS_H
#define CNI_ATTACHMENTS_H

#include "base/failure.h"
#include "base/owned.h"

#include <cjson/cJSON.h>
#include <stdbool.h>

/* 1: told, and *list (borrowed; NULL when empty) holds objects that have a containerID and an
 * ifname; 0: the configuration has no such key; -1: CNI_CONFIG, since a list that cannot be read
 * must not pass for an empty one. */
int attachments_read(const cJSON *config, const cJSON **list, struct failure *f) MUST_CHECK;

bool attachments_have(const cJSON *list, const char *container_id, const char *ifname);

#endif
