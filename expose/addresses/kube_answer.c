/* SPDX-License-Identifier: Apache-2.0 */
/* Reading answers of the Kubernetes API. */
#include "expose/addresses/kube_answer.h"

#include "base/word.h"

#include <string.h>

static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.=";

const char *kube_message(const cJSON *answer)
{
	return json_string(json_member(answer, "message"));
}

static bool reason_is(const cJSON *answer, const char *wanted)
{
	const char *reason = json_string(json_member(answer, "reason"));

	return reason && strcmp(reason, wanted) == 0;
}

enum engine_answer kube_meaning(long status, bool is_json, const cJSON *answer)
{
	if (status == 200 || status == 201)
		return is_json ? ENGINE_OK : ENGINE_UNKNOWN;
	if (status == 404 && reason_is(answer, "NotFound") &&
	    json_string(json_member(json_member(answer, "details"), "name")))
		return ENGINE_NONE;
	if (status == 409)
		return ENGINE_CONFLICT;
	if (status == 429 || status == 401) /* a token that has ended is replaced soon */
		return ENGINE_THROTTLED;
	/* 410: the version or the page is too old. The next call begins anew. */
	return status >= 400 && status < 500 && status != 410 && status != 408 ? ENGINE_REFUSED
	                                                                       : ENGINE_UNKNOWN;
}

static bool text_copy(char *to, size_t size, const cJSON *node)
{
	const char *text = json_string(node);
	const size_t length = text ? strlen(text) : 0;

	if (length == 0 || length >= size || strspn(text, letters) != length)
		return false;
	memcpy(to, text, length + 1);
	return true;
}

bool kube_version(const cJSON *object, char version[static VERSION_TEXT])
{
	return text_copy(version, VERSION_TEXT,
	                 json_member(json_member(object, "metadata"), "resourceVersion"));
}

bool kube_continue(const cJSON *list, char token[static KUBE_CONTINUE])
{
	return text_copy(token, KUBE_CONTINUE,
	                 json_member(json_member(list, "metadata"), "continue"));
}

enum watch_event kube_event_read(const char *line, size_t length)
{
	static const struct word types[] = {
		{ "\"ADDED\"", WATCH_CHANGED },
		{ "\"MODIFIED\"", WATCH_CHANGED },
		{ "\"DELETED\"", WATCH_CHANGED },
		{ "\"BOOKMARK\"", WATCH_NOTHING },
		{ NULL, 0 },
	};
	struct json_span type;
	uint32_t event = WATCH_OVER;
	char text[16] = "";
	const char *why;
	size_t at;

	if (json_check(line, length, &why, &at) &&
	    json_find(line, json_document(line, length), "type", &type) &&
	    type.length < sizeof text) {
		memcpy(text, line + type.at, type.length);
		word_find(types, text, &event);
	}
	return (enum watch_event)event;
}

bool kube_name_valid(const char *name)
{
	const size_t length = strlen(name);

	return length > 0 && strspn(name, letters) == length && *name != '.';
}
