/* SPDX-License-Identifier: Apache-2.0 */
/* JSON: what passes the scanner parses, and every span it finds lies within the text.
 *
 * Reads with: cni/json.c cni/json_scan.c */
#include "cni/json.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct failure f = { 0 };
	OWNED(text_release) char *text = text_of(data, size);
	OWNED(json_release) cJSON *json = json_parse(text, size, "the input", &f);
	const char *why;
	size_t at;
	int64_t number;
	struct json_span found;

	PROMISE(json_check(text, size, &why, &at) == (json != NULL));
	PROMISE(json || f.code == CNI_DECODE);
	if (!json)
		return 0;
	const struct json_span document = json_document(text, size);
	PROMISE(document.at + document.length <= size);
	json_integer(json, &number);
	if (json_find(text, document, "linux", &found))
		PROMISE(found.at + found.length <= document.at + document.length && found.length);
	return 0;
}
