/* SPDX-License-Identifier: Apache-2.0 */
/* JSON: what is refused, what is exact, and what is found. */
#include "base/json.h"
#include "tests/unit/unit.h"

static cJSON *parsed(const char *text)
{
	struct failure f = { 0 };

	return json_parse(text, strlen(text), "it", &f);
}

static void valid_json_is_read(struct verdict *v)
{
	static const char *const cases[] = {
		"null",
		" \t\r\n{ } \n",
		"[]",
		"[ ]",
		"-0",
		"0.5e+10",
		"[1,-2,3.0E-7]",
		"[[[]],[{}],{\"a\":[]}]",
		"\"\"",
		"{\"a\":{\"a\":[true,false,null]}}",
		"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"",
		"\"\\u00e4\\ud83d\\uDE00\"",
		"\"\x7f\xff\xc3\"", /* no UTF-8, and passed on as it is */
		"123456789012345678901234567890123456789012345678901234567890123",
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		OWNED(json_release) cJSON *json = parsed(cases[i]);
		expect(v, json, "%s", cases[i]);
	}
}

static const struct {
	const char *text;
	const char *why;
} refusals[] = {
	{ "", "there is nothing, at byte 0" },
	{ " ", "a value is missing, at byte 1" },
	{ "\xef\xbb\xbf{}", "a value is missing, at byte 0" },
	{ "{} x", "more follows after the value, at byte 3" },
	{ "{}{}", "more follows after the value, at byte 2" },
	{ "nul", "a value is missing, at byte 0" },
	{ "True", "a value is missing, at byte 0" },
	{ "NaN", "a value is missing, at byte 0" },
	{ "01", "a number has a leading zero, at byte 1" },
	{ "-", "a digit is missing, at byte 1" },
	{ "+1", "a value is missing, at byte 0" },
	{ "1.", "a digit is missing, at byte 2" },
	{ ".5", "a value is missing, at byte 0" },
	{ "1e", "a digit is missing, at byte 2" },
	{ "0x10", "more follows after the value, at byte 1" },
	{ "1234567890123456789012345678901234567890123456789012345678901234",
	  "a number is too long, at byte 64" },
	{ "[1,]", "a value is missing, at byte 3" },
	{ "[1", "a comma or closing bracket is missing, at byte 2" },
	{ "[1}", "a comma or closing bracket is missing, at byte 2" },
	{ "{\"a\"}", "a colon is missing, at byte 4" },
	{ "{\"a\":1,}", "a string is missing, at byte 7" },
	{ "{a:1}", "a string is missing, at byte 1" },
	{ "{'a':1}", "a string is missing, at byte 1" },
	{ "\"a", "a string does not end, at byte 2" },
	{ "\"\\\"", "a string does not end, at byte 3" },
	{ "\"\n\"", "a control character is not escaped, at byte 1" },
	{ "\"\\x\"", "an escape is broken, at byte 2" },
	{ "\"\\u12g4\"", "an escape is broken, at byte 3" },
	{ "\"\\u12\"", "an escape is broken, at byte 3" },
	{ "\"\\u0000\"", "a string holds NUL, at byte 3" },
	{ "\"\\ud800\"", "a surrogate stands alone, at byte 7" },
	{ "\"\\udc00\"", "a surrogate stands alone, at byte 7" },
	{ "\"\\ud800\\u0041\"", "a surrogate stands alone, at byte 9" },
	{ "/**/1", "a value is missing, at byte 0" },
};

static void invalid_json_is_refused_with_the_position(struct verdict *v)
{
	for (size_t i = 0; i < COUNT_OF(refusals); i++) {
		struct failure f = { 0 };
		const char *text = refusals[i].text;
		OWNED(json_release) cJSON *json = json_parse(text, strlen(text), "it", &f);
		expect(v, !json && f.code == CNI_DECODE && strcmp(f.msg, "cannot decode it") == 0,
		       "%s: code %d, %s", refusals[i].text, f.code, f.msg);
		expect(v, same_text(f.details, refusals[i].why), "%s: %s", refusals[i].text,
		       f.details);
	}
}

static void a_nul_byte_does_not_end_a_text(struct verdict *v)
{
	static const char text[] = "{}\0";
	static const char inside[] = "\"a\0b\"";
	const char *why;
	size_t at;

	expect(v, !json_check(text, sizeof text - 1, &why, &at) && at == 2, "after the value");
	expect(v, !json_check(inside, sizeof inside - 1, &why, &at) && at == 2, "in a string");
}

static void nesting_is_limited_to_a_hundred_levels(struct verdict *v)
{
	char text[2 * (JSON_DEPTH_MAX + 1)];
	const char *why;
	size_t at;

	for (size_t depth = JSON_DEPTH_MAX; depth <= JSON_DEPTH_MAX + 1; depth++) {
		memset(text, '[', depth);
		memset(text + depth, ']', depth);
		expect(v, json_check(text, 2 * depth, &why, &at) == (depth == JSON_DEPTH_MAX),
		       "%zu levels", depth);
	}
}

static void siblings_do_not_count_as_nesting(struct verdict *v)
{
	enum { NEIGHBOURS = JSON_DEPTH_MAX + 1 };
	char text[1 + 3 * NEIGHBOURS] = "[";
	const char *why;
	size_t at;

	for (size_t i = 0; i < NEIGHBOURS; i++)
		memcpy(text + 1 + 3 * i, "[],", 3);
	text[sizeof text - 1] = ']';
	const bool right = json_check(text, sizeof text, &why, &at);
	expect(v, right, "%s at %zu", why, at);
}

static void a_tree_has_at_most_two_hundred_thousand_values(struct verdict *v)
{
	static char text[2 * JSON_VALUES_MAX + 2];
	struct failure f = { 0 };
	const char *why;
	size_t at;

	for (size_t values = JSON_VALUES_MAX; values <= JSON_VALUES_MAX + 1; values++) {
		const size_t items = values - 1, length = 2 * items + 1; /* the list is one too */
		for (size_t i = 0; i < items; i++)
			memcpy(text + 1 + 2 * i, "7,", 2);
		text[0] = '[';
		text[length - 1] = ']';
		expect(v, json_check(text, length, &why, &at) == (values == JSON_VALUES_MAX),
		       "%zu values", values);
	}
	OWNED(json_release) cJSON *json = json_parse(text, sizeof text - 1, "it", &f);
	expect(v, !json && f.code == CNI_DECODE, "built, code %d", f.code);
	expect(v, strstr(f.details, JSON_TOO_MANY), "%s", f.details);
}

static void an_integer_is_exact_or_refused(struct verdict *v)
{
	static const struct {
		const char *text;
		bool exact;
		int64_t value;
	} cases[] = {
		{ "0", true, 0 },
		{ "-0", true, 0 },
		{ "1500", true, 1500 },
		{ "-7", true, -7 },
		{ "9007199254740993", true, 9007199254740993 },
		{ "9223372036854775807", true, INT64_MAX },
		{ "-9223372036854775808", true, INT64_MIN },
		{ "9223372036854775808", false, 0 },
		{ "-9223372036854775809", false, 0 },
		{ "18446744073709551616", false, 0 },
		{ "1500.0", false, 0 },
		{ "1e3", false, 0 },
		{ "\"1500\"", false, 0 },
		{ "true", false, 0 },
		{ "null", false, 0 },
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		int64_t value = 0;
		OWNED(json_release) cJSON *json = parsed(cases[i].text);
		expect(v, json_integer(json, &value) == cases[i].exact && value == cases[i].value,
		       "%s is %lld", cases[i].text, (long long)value);
	}
}

static void every_number_keeps_its_own_literal(struct verdict *v)
{
	static const char text[] =
	        "{\"1\":10,\"a\\\"2\":[20.50,{\"b\":\"-3\",\"c\":-30}],\"d\":4e1}";
	static const char *const paths[] = { "1", "d", NULL };
	static const char *const literals[] = { "10", "4e1" };
	OWNED(json_release) cJSON *json = parsed(text);
	const cJSON *list = json_member(json, "a\"2");

	for (size_t i = 0; paths[i]; i++)
		expect(v, same_text(json_member(json, paths[i])->valuestring, literals[i]), "%s",
		       paths[i]);
	expect(v, list && same_text(list->child->valuestring, "20.50"), "the list's");
	expect(v, list && same_text(json_member(list->child->next, "c")->valuestring, "-30"),
	       "the innermost");
}

static void a_member_is_found_as_in_go(struct verdict *v)
{
	static const struct {
		const char *text;
		const char *value; /* NULL: absent */
	} cases[] = {
		{ "{\"mode\":\"a\"}", "a" },
		{ "{\"MODE\":\"a\"}", "a" },
		{ "{\"mode\":\"a\",\"Mode\":\"b\"}", "b" },
		{ "{\"Mode\":\"a\",\"mode\":\"b\",\"mOdE\":\"c\"}", "c" },
		{ "{\"mode\":\"a\",\"mode\":null}", "a" },
		{ "{\"mode\":null}", NULL },
		{ "{\"modes\":\"a\"}", NULL },
		{ "{\"m\\u006fde\":\"a\"}", "a" },
		{ "{\"x\":{\"mode\":\"a\"}}", NULL },
		{ "[\"mode\"]", NULL },
		{ "\"mode\"", NULL },
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		OWNED(json_release) cJSON *json = parsed(cases[i].text);
		const char *value = json_string(json_member(json, "mode"));
		expect(v, json && same_text(value, cases[i].value), "%s has %s", cases[i].text,
		       value ? value : "none");
	}
}

static void a_name_folds_case_as_unicode_does(struct verdict *v)
{
	static const struct {
		const char *spelled;
		const char *name;
		bool same;
	} cases[] = {
		{ "resolvConf", "resolvConf", true },
		{ "RESOLVcONF", "resolvConf", true },
		{ "re\xc5\xbfolvConf", "resolvConf", true }, /* U+017F */
		{ "\xe2\x84\xaa\xe2\x84\xaa", "kK", true },  /* U+212A */
		{ "\xc5\xbf", "k", false },
		{ "\xe2\x84\xaa", "s", false },
		{ "\xc5\xbe", "s", false }, /* its neighbours */
		{ "\xe2\x84\xab", "k", false },
		{ "\xc5", "s", false },
		{ "\xe2\x84", "k", false },
		{ "mac\xc4\xb0", "maci", false }, /* U+0130, which folds to none */
		{ "mac\xc5\xbf", "mac", false },
		{ "mac", "macs", false },
		{ "", "s", false },
		{ "@", "`", false },
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++)
		expect(v, json_name_is(cases[i].spelled, cases[i].name) == cases[i].same,
		       "%s and %s", cases[i].spelled, cases[i].name);
}

static void repeated_objects_are_merged_along_a_path(struct verdict *v)
{
	static const struct {
		const char *text;
		const char *value;
	} cases[] = {
		{ "{\"args\":{\"cni\":{\"mac\":\"a\"}}}", "a" },
		{ "{\"args\":{\"cni\":{\"mac\":\"a\"}},\"args\":{\"cni\":{\"ips\":1}}}", "a" },
		{ "{\"args\":{\"cni\":{\"mac\":\"a\"},\"CNI\":{\"MAC\":\"b\"}},\"Args\":{}}", "b" },
		{ "{\"args\":{\"cni\":{\"mac\":\"a\"}},\"args\":null}", "a" },
		{ "{\"args\":{\"mac\":\"a\"}}", NULL },
		{ "{\"args\":\"cni\"}", NULL },
	};
	static const char *const path[] = { "args", "cni", "mac", NULL };

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		OWNED(json_release) cJSON *json = parsed(cases[i].text);
		const char *value = json_string(json_path(json, path));
		expect(v, json && same_text(value, cases[i].value), "%s has %s", cases[i].text,
		       value ? value : "none");
	}
}

/* Readers of earlier records find the same bytes. */
static void a_tree_is_written_as_cjson_writes_it(struct verdict *v)
{
	static const char *const cases[] = {
		"null",
		"[true,false,null,[],{},\"\",[[{}]]]",
		"[0,-0,1,-1,10,2147483646,2147483647,-2147483648,4294967295,1e3,0.1,1e400,-1e400]",
		"{\"\":1,\"a\\n\\\"b\":{\"c\":[1,{\"d\":2}]},\"e\":3}",
		"\"\\u0001\\u001f\\u007f\\b\\f\\n\\r\\t\\\"\\\\\\/ \xc3\xa4\xff\"",
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		OWNED(json_release) cJSON *json = parsed(cases[i]);
		OWNED(text_release) char *ours = json_text(json);
		OWNED(text_release) char *theirs = cJSON_PrintUnformatted(json);
		expect(v, same_text(ours, theirs), "%s: %s, not %s", cases[i], ours, theirs);
	}
}

static void a_text_is_as_long_as_it_has_to_be(struct verdict *v)
{
	OWNED(json_release) cJSON *list = cJSON_CreateArray();

	for (int i = 0; i < 3000; i++)
		cJSON_AddItemToArray(list, cJSON_CreateRaw("[\"12\"]"));
	cJSON_AddItemToArray(list, cJSON_CreateString("an end"));
	OWNED(text_release) char *ours = json_text(list);
	OWNED(text_release) char *theirs = cJSON_PrintUnformatted(list);
	expect(v, same_text(ours, theirs) && strlen(ours) > 20000, "%.80s", ours);
	expect(v, !json_text(NULL), "no tree has a text");
}

int main(void)
{
	static const struct unit units[] = {
		UNIT(valid_json_is_read),
		UNIT(invalid_json_is_refused_with_the_position),
		UNIT(a_nul_byte_does_not_end_a_text),
		UNIT(nesting_is_limited_to_a_hundred_levels),
		UNIT(siblings_do_not_count_as_nesting),
		UNIT(a_tree_has_at_most_two_hundred_thousand_values),
		UNIT(an_integer_is_exact_or_refused),
		UNIT(every_number_keeps_its_own_literal),
		UNIT(a_member_is_found_as_in_go),
		UNIT(a_name_folds_case_as_unicode_does),
		UNIT(repeated_objects_are_merged_along_a_path),
		UNIT(a_tree_is_written_as_cjson_writes_it),
		UNIT(a_text_is_as_long_as_it_has_to_be),
	};

	return units_run(units, COUNT_OF(units));
}
