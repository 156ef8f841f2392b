/* SPDX-License-Identifier: Apache-2.0 */
/* Configuration keys by their type. */
#include "ipam/keys.h"

#include "base/json.h"

#include <stdio.h>
#include <string.h>

int key_refuse(const struct keys *k, const char *name, const cJSON *value, const char *wanted)
{
	OWNED(text_release) char *text = cJSON_PrintUnformatted(value);
	const bool cut = text && strlen(text) > 128;

	return fail(k->f, CNI_CONFIG, wanted, "configuration key %s%s%s is %.128s%s", k->path,
	            *name && *k->path ? "." : "", name, text ? text : "absent", cut ? "..." : "");
}

int key_bool(const struct keys *k, const char *name, bool *out)
{
	const cJSON *value = json_member(k->object, name);

	if (!value)
		return 0;
	if (!cJSON_IsBool(value))
		return key_refuse(k, name, value, "it must be true or false");
	*out = cJSON_IsTrue(value);
	return 0;
}

int key_text(const struct keys *k, const char *name, const char **out)
{
	const cJSON *value = json_member(k->object, name);
	const char *text = json_string(value);

	if (value && !text)
		return key_refuse(k, name, value, "it must be a string");
	if (value && *text)
		*out = text;
	return 0;
}

int key_ip(const struct keys *k, const char *name, struct ip *out)
{
	const cJSON *value = json_member(k->object, name);
	const char *text = json_string(value);

	if (!value || (text && (!*text || ip_parse(text, out))))
		return 0;
	return key_refuse(k, name, value, "it must be an IP address");
}

int key_cidr(const struct keys *k, const char *name, struct cidr *out)
{
	const cJSON *value = json_member(k->object, name);
	const char *text = json_string(value);

	if (!value)
		return 0;
	if (text && cidr_parse(text, out))
		return 1;
	return key_refuse(k, name, value, "it must be a network such as 10.0.0.0/24 or fd00::/64");
}

int key_each(const struct keys *k, const char *name,
             int (*read)(const struct keys *member, void *data), void *data)
{
	const cJSON *list = *name ? json_member(k->object, name) : k->object;
	struct keys member = { .f = k->f };
	size_t index = 0;

	if (list && !cJSON_IsArray(list))
		return key_refuse(k, name, list, "it must be a list");
	if (cJSON_GetArraySize(list) > LIST_MAX)
		return key_refuse(k, name, list, "4096 members are the most");
	cJSON_ArrayForEach(member.object, list)
	{
		const int n = snprintf(member.path, sizeof member.path, "%s%s%s[%zu]", k->path,
		                       *name ? "." : "", name, index++);
		if (n < 0)
			return -1;
		if (read(&member, data) < 0)
			return -1;
	}
	return 0;
}
