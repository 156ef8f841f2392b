/* SPDX-License-Identifier: Apache-2.0 */
/* JSON: what passes the scanner parses, every span it finds lies within the text, and any text can
 * be made one that is printed as JSON.
 *
 * Reads with: base/json.c base/json_scan.c base/utf8.c */
#include "base/json.h"
#include "base/utf8.h"
#include "tests/fuzz/fuzz.h"

/* Once repaired, a text stays as it is. */
static void check_repair(const uint8_t *data, size_t size)
{
	OWNED(text_release) char *text = utf8_repair(text_of(data, size));
	PROMISE(text);
	const char *const before = text;
	const size_t length = strlen(text);

	text = utf8_repair(text);
	PROMISE(text == before && strlen(text) == length);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct failure f = { 0 };
	OWNED(text_release) char *text = text_of(data, size);
	OWNED(json_release) cJSON *json = json_parse(text, size, "the input", &f);
	const char *why;
	size_t at;
	int64_t number;
	struct json_span found;

	check_repair(data, size);
	PROMISE(json_check(text, size, &why, &at) == (json != NULL));
	PROMISE(json || f.code == CNI_DECODE);
	if (!json)
		return 0;
	const struct json_span document = json_document(text, size);
	PROMISE(document.at + document.length <= size);
	const cJSON *member;
	cJSON_ArrayForEach(member, json)
	{
		const cJSON *found_by_name =
		        member->string ? json_member(json, member->string) : NULL;
		PROMISE(!found_by_name || !cJSON_IsNull(found_by_name));
		PROMISE(!json_integer(member, &number) || cJSON_IsNumber(member));
	}
	json_integer(json, &number);
	json_path(json, (const char *const[]){ "linux", "devices", NULL });
	PROMISE(!json_string(json) || cJSON_IsString(json));
	for (struct json_walk w = { .at = 0 }; json_next_member(text, document, &w);) {
		char copy[8];
		PROMISE(w.name.length >= 2 && w.value.length &&
		        w.at <= document.at + document.length);
		PROMISE(!json_text_copy(text, w.value, copy, sizeof copy) ||
		        json_text_is(text, w.value, copy));
	}
	if (json_find(text, document, "linux", &found))
		PROMISE(found.at + found.length <= document.at + document.length && found.length);
	return 0;
}
