/* SPDX-License-Identifier: Apache-2.0 */
/* Reading the list of valid attachments. */
#include "cni/attachments.h"

#include "base/json.h"

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

bool attachments_have(const cJSON *list, const char *container_id, const char *ifname)
{
	const cJSON *item;

	cJSON_ArrayForEach(item, list)
	{
		if (strcmp(json_string(json_member(item, "containerID")), container_id) == 0 &&
		    strcmp(json_string(json_member(item, "ifname")), ifname) == 0)
			return true;
	}
	return false;
}
