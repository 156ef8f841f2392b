/* SPDX-License-Identifier: Apache-2.0 */
/* The supported versions in order, and the report of VERSION. */
#include "cni/version.h"

#include "base/json.h"

#include <string.h>

static const char *const versions[VERSION_COUNT] = {
	[V0_1_0] = "0.1.0", [V0_2_0] = "0.2.0", [V0_3_0] = "0.3.0", [V0_3_1] = "0.3.1",
	[V0_4_0] = "0.4.0", [V1_0_0] = "1.0.0", [V1_1_0] = "1.1.0",
};

const char *version_text(enum version v)
{
	return versions[v];
}

bool version_find(const char *text, enum version *out)
{
	for (size_t i = 0; i < VERSION_COUNT; i++)
		if (strcmp(versions[i], text) == 0) {
			*out = (enum version)i;
			return true;
		}
	return false;
}

enum { PARTS = 3 };

static bool parts_parse(const char *text, unsigned parts[PARTS])
{
	memset(parts, 0, PARTS * sizeof *parts);
	for (size_t i = 0; i < PARTS; i++) {
		const size_t digits = strspn(text, "0123456789");
		if (digits == 0)
			return false;
		for (const char *end = text + digits; text < end; text++)
			if (__builtin_mul_overflow(parts[i], 10U, &parts[i]) ||
			    __builtin_add_overflow(parts[i], (unsigned)(*text - '0'), &parts[i]))
				return false;
		if (*text == '\0')
			return true;
		if (*text++ != '.')
			return false;
	}
	return false; /* a fourth part is an error */
}

bool version_at_least(const char *text, enum version v, bool *at_least)
{
	unsigned have[PARTS], want[PARTS];

	if (!parts_parse(text, have) || !parts_parse(versions[v], want))
		return false;
	size_t i = 0;
	while (i < PARTS - 1 && have[i] == want[i])
		i++;
	*at_least = have[i] >= want[i];
	return true;
}

const char *version_list(void)
{
	return "0.1.0, 0.2.0, 0.3.0, 0.3.1, 0.4.0, 1.0.0, 1.1.0";
}

cJSON *version_report(void)
{
	OWNED(json_release) cJSON *report = cJSON_CreateObject();
	OWNED(json_release) cJSON *list = cJSON_CreateStringArray(versions, VERSION_COUNT);

	if (!cJSON_AddStringToObject(report, "cniVersion", versions[VERSION_LATEST]) || !list ||
	    !cJSON_AddItemToObject(report, "supportedVersions", list))
		return NULL;
	json_take(&list);
	return json_take(&report);
}
