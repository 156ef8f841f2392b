/* SPDX-License-Identifier: Apache-2.0 */
/* Writing our error object, and reading the error objects of other plugins. */
#include "cni/error.h"

#include "base/json.h"

#include <limits.h>

cJSON *error_write(const struct failure *f, const char *version)
{
	OWNED(json_release) cJSON *error = cJSON_CreateObject();

	if (!cJSON_AddStringToObject(error, "cniVersion", version) ||
	    !cJSON_AddNumberToObject(error, "code", f->code) ||
	    !cJSON_AddStringToObject(error, "msg", f->msg) ||
	    !cJSON_AddStringToObject(error, "details", f->details))
		return NULL;
	return json_take(&error);
}

bool error_read(const char *text, size_t length, struct failure *f)
{
	struct failure ignored = { 0 };
	OWNED(json_release) cJSON *json = json_parse(text, length, "the error object", &ignored);
	if (!cJSON_IsObject(json))
		return false;
	const char *msg = json_string(json_member(json, "msg"));
	const char *details = json_string(json_member(json, "details"));
	int64_t code = 0;
	json_integer(json_member(json, "code"), &code);
	if (code <= 0 || code > INT_MAX)
		code = CNI_OTHER;
	if (!msg && !details)
		return false;
	fail(f, (int)code, details ? details : "", "%s", msg ? msg : "");
	return true;
}
