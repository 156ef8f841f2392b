/* SPDX-License-Identifier: Apache-2.0 */
/* The keys that are standard, and finding those that are unknown. */
#include "plugin/unknown.h"

#include "base/json.h"
#include "ipam/ipam.h"
#include "ipam/ipam_config.h"
#include "plugin/config.h"

#include <stdio.h>

static const struct key standard_keys[] = {
	{ "cniVersion", KEY_TEXT, .strict = true },
	{ "cniVersions", KEY_LIST, .offset = 0 },
	{ "name", KEY_TEXT, .strict = true },
	{ "type", KEY_TEXT, .strict = true },
	{ "capabilities", KEY_OBJECT, .offset = 0 },
	{ "runtimeConfig", KEY_OBJECT, .offset = 0 },
	{ "args", KEY_OBJECT, .offset = 0 },
	{ "prevResult", KEY_OBJECT, .offset = 0 },
	{ "disableCheck", KEY_BOOL, .offset = 0 },
	{ "disableGC", KEY_BOOL, .offset = 0 },
	{ "cni.dev/valid-attachments", KEY_JSON, .offset = 0 },
	{ "cni.dev/attachments", KEY_JSON, .offset = 0 },
};
enum { STANDARD_KEYS = sizeof standard_keys / sizeof *standard_keys };

const struct key *standard_key(size_t place)
{
	return place < STANDARD_KEYS ? &standard_keys[place] : NULL;
}

const struct key *standard_ipam_key(size_t place)
{
	static const struct key type = { "type", KEY_TEXT, .strict = true };

	return place == 0 ? &type : NULL;
}

void config_unknown(const cJSON *json, const struct unknown_visit *visit)
{
	const cJSON *ipam = json_member(json, "ipam");

	keys_unknown(json, "", config_key, standard_key, visit);
	if (ipam_type(json) && !ipam_delegates(ipam_type(json)))
		keys_unknown(ipam, "ipam", config_has_partner(ipam) ? ipam_key : ipam_own_key,
		             standard_ipam_key, visit);
}

const char *unknown_text(const char *path, const char *meant, char *text, size_t size)
{
	if (meant)
		snprintf(text, size,
		         "configuration key %s is unknown and has no effect (did you mean %s?)",
		         path, meant);
	else
		snprintf(text, size, "configuration key %s is unknown and has no effect", path);
	return text;
}
