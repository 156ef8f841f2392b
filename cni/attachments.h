/* SPDX-License-Identifier: Apache-2.0 */
/* The list of valid attachments that a GC call has. */
#ifndef CNI_ATTACHMENTS_H
#define CNI_ATTACHMENTS_H

#include "base/failure.h"
#include "base/owned.h"

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Read the list of valid attachments. Returns 1 if the configuration has the list: *list is
 * borrowed (NULL when empty), and its objects have a containerID and an ifname. Returns 0 if the
 * configuration does not have the key. Returns -1 (CNI_CONFIG) for an invalid list, which must not
 * count as an empty one. */
int attachments_read(const cJSON *config, const cJSON **list, struct failure *f) MUST_CHECK;

/* The list, sorted so that one attachment is found without reading the others. Its texts are
 * borrowed from the JSON. */
struct attachments {
	struct valid_attachment {
		uint64_t hash; /* of both texts; first, for hash_compare() */
		const char *container_id;
		const char *ifname;
	} * attachment; /* owned */
	size_t n;
};

void attachments_release(struct attachments *a);

/* Sort the list that attachments_read() returned. Returns 0 or -1. The caller owns *a. */
int attachments_index(struct attachments *a, const cJSON *list, struct failure *f) MUST_CHECK;

bool attachments_have(const struct attachments *a, const char *container_id, const char *ifname);

#endif
