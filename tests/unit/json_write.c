/* SPDX-License-Identifier: Apache-2.0 */
/* JSON that is written without a tree: every document is one, and says what was put. */
#include "cni/json_write.h"
#include "cni/json.h"
#include "tests/unit/unit.h"

static void a_document_is_spelled_exactly(struct verdict *v)
{
	static const char expected[] =
	        "{\"zero\":0,\"most\":18446744073709551615,\"inner\":{},\"other\":{\"text\":\"\"},"
	        "\"list\":[1,\"a\"],\"flag\":true}";
	OWNED(json_writer_release) struct json_writer w = { .text = NULL };
	OWNED(json_release) cJSON *list = cJSON_Parse("[1, \"a\"]");

	json_begin(&w, NULL);
	json_put_number(&w, "zero", 0);
	json_put_number(&w, "most", UINT64_MAX);
	json_begin(&w, "inner");
	json_put_text(&w, "left out", NULL);
	json_end(&w);
	json_begin(&w, "other");
	json_put_text(&w, "text", "");
	json_end(&w);
	json_put_value(&w, "left out", NULL);
	json_put_value(&w, "list", list);
	json_put_true(&w, "flag");
	json_end(&w);
	OWNED(text_release) char *text = json_writer_take(&w);
	expect(v, same_text(text, expected), "it is %s", text ? text : "none");
}

/* Writes one text and reads it again. */
static void expect_back(struct verdict *v, const char *text)
{
	OWNED(json_writer_release) struct json_writer w = { .text = NULL };
	struct failure f = { 0 };

	json_begin(&w, NULL);
	json_put_text(&w, "text", text);
	json_end(&w);
	OWNED(text_release) char *spelled = json_writer_take(&w);
	if (!spelled)
		abort();
	OWNED(json_release) cJSON *json = json_parse(spelled, strlen(spelled), "it", &f);
	expect(v, same_text(json_string(json_member(json, "text")), text), "%s: %s", spelled,
	       f.details);
}

static void every_byte_comes_back(struct verdict *v)
{
	for (int byte = 1; byte < 256; byte++)
		expect_back(v, (const char[]){ 'a', (char)byte, (char)byte, 'z', '\0' });
	expect_back(v, "\"\\/\b\f\n\r\t\x01\x1f\x7f\xc3\xa4");
}

static void every_length_comes_back(struct verdict *v)
{
	char text[5000] = "";

	for (size_t length = 0; length < sizeof text - 1; length++) {
		expect_back(v, text);
		text[length] = (char)('a' + length % 26);
	}
}

int main(void)
{
	static const struct unit units[] = {
		UNIT(a_document_is_spelled_exactly),
		UNIT(every_byte_comes_back),
		UNIT(every_length_comes_back),
	};

	return units_run(units, COUNT_OF(units));
}
