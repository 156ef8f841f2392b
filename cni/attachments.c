/* SPDX-License-Identifier: Apache-2.0 */
/* Reading the list of valid attachments. */
#include "cni/attachments.h"

#include "base/hash.h"
#include "base/json.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const char key[] = "cni.dev/valid-attachments";
static const char former_key[] = "cni.dev/attachments"; /* the tagged text of 1.1.0 */

int attachments_read(const cJSON *config, const cJSON **list, struct failure *f)
{
	const char *name = cJSON_HasObjectItem(config, key) ? key : former_key;
	const cJSON *item;

	*list = json_member(config, name);
	if (!*list)
		return cJSON_HasObjectItem(config, name);
	if (!cJSON_IsArray(*list))
		return fail(f, CNI_CONFIG, "it must be a list of {containerID, ifname}",
		            "configuration key %s", name);
	cJSON_ArrayForEach(item, *list)
	{
		if (!json_string(json_member(item, "containerID")) ||
		    !json_string(json_member(item, "ifname")))
			return fail(f, CNI_CONFIG,
			            "each of its members must have containerID and ifname",
			            "configuration key %s", name);
	}
	return 1;
}

static uint64_t hash_of(const char *container_id, const char *ifname)
{
	return bytes_hash(container_id, strlen(container_id), text_hash(ifname));
}

int attachments_index(struct attachments *a, const cJSON *list, struct failure *f)
{
	const size_t n = (size_t)cJSON_GetArraySize(list);
	const cJSON *item;

	*a = (struct attachments){ .n = 0 };
	if (n > 0 && !(a->attachment = calloc(n, sizeof *a->attachment)))
		return fail_errno(f, ENOMEM, "read the list of valid attachments");
	cJSON_ArrayForEach(item, list)
	{
		struct valid_attachment *it = &a->attachment[a->n++];
		it->container_id = json_string(json_member(item, "containerID"));
		it->ifname = json_string(json_member(item, "ifname"));
		it->hash = hash_of(it->container_id, it->ifname);
	}
	if (n > 0)
		qsort(a->attachment, n, sizeof *a->attachment, hash_compare);
	return 0;
}

void attachments_release(struct attachments *a)
{
	free(a->attachment);
	*a = (struct attachments){ .n = 0 };
}

/* Returns the number of attachments whose hash is less. */
static size_t attachments_before(const struct attachments *a, uint64_t hash)
{
	size_t from = 0, to = a->n;

	while (from < to) {
		const size_t middle = from + (to - from) / 2;
		if (a->attachment[middle].hash < hash)
			from = middle + 1;
		else
			to = middle;
	}
	return from;
}

bool attachments_have(const struct attachments *a, const char *container_id, const char *ifname)
{
	const uint64_t hash = hash_of(container_id, ifname);

	for (size_t i = attachments_before(a, hash); i < a->n && a->attachment[i].hash == hash; i++)
		if (strcmp(a->attachment[i].container_id, container_id) == 0 &&
		    strcmp(a->attachment[i].ifname, ifname) == 0)
			return true;
	return false;
}
