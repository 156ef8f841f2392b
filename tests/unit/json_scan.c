/* SPDX-License-Identifier: Apache-2.0 */
/* JSON as a text, without a tree: members, their places and their names. */
#include "base/json.h"
#include "tests/unit/unit.h"

static void a_member_knows_its_position_in_the_text(struct verdict *v)
{
	static const struct {
		const char *text;
		const char *value; /* as the text spells it; NULL: absent */
	} cases[] = {
		{ " {\"a\" : 1.50 , \"b\":2} ", "1.50" },
		{ "{\"b\":{\"a\":1},\"a\":{ \"x\":\"}\" }}", "{ \"x\":\"}\" }" },
		{ "{\"a\":1,\"a\":[2]}", "[2]" },
		{ "{\"\\u0061\":null}", "null" },
		{ "{\"A\":1}", NULL },
		{ "{\"ab\":1,\"\":2}", NULL },
		{ "{ }", NULL },
		{ "[\"a\",1]", NULL },
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		const char *text = cases[i].text;
		struct json_span span = { 0, 0 };
		const bool found = json_find(text, json_document(text, strlen(text)), "a", &span);
		expect(v, found == (cases[i].value != NULL), "%s", text);
		expect(v,
		       !found || (span.length == strlen(cases[i].value) &&
		                  memcmp(text + span.at, cases[i].value, span.length) == 0),
		       "%s: %.*s", text, (int)span.length, text + span.at);
	}
}

static void escapes_in_a_name_are_decoded(struct verdict *v)
{
	static const struct {
		const char *text;
		const char *name;
	} cases[] = {
		{ "{\"\\u00e4\\u20ac\\ud83d\\ude00\":1}", "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80" },
		{ "{\"\\\"\\\\\\/\\b\\f\\n\\r\\t\":1}", "\"\\/\b\f\n\r\t" },
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		const char *text = cases[i].text;
		struct json_span span;
		expect(v, json_find(text, json_document(text, strlen(text)), cases[i].name, &span),
		       "%s", text);
	}
}

static void the_members_of_a_text_come_in_their_order(struct verdict *v)
{
	static const struct {
		const char *text, *names;
	} cases[] = {
		{ " { \"a\" : {\"x\":1} ,\"b\":[2,3],\"a\":\"}\" } ", "a=7 b=5 a=3 " },
		{ "{\"\\u0061\\/\":null}", "a/=4 " },
		{ "{ }", "" },
		{ "[{\"a\":1}]", "" },
		{ "\"a\"", "" },
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		const char *text = cases[i].text;
		struct json_walk w = { .at = 0 };
		char names[64] = "", name[8];
		while (json_next_member(text, json_document(text, strlen(text)), &w)) {
			expect(v, json_text_copy(text, w.name, name, sizeof name), "%s", text);
			snprintf(names + strlen(names), sizeof names - strlen(names), "%s=%zu ",
			         name, w.value.length);
		}
		expect(v, strcmp(names, cases[i].names) == 0, "%s: %s", text, names);
	}
}

static void a_text_is_copied_whole_or_refused(struct verdict *v)
{
	static const struct {
		const char *text, *copy; /* NULL: refused */
	} cases[] = {
		{ "\"\"", "" },
		{ "\"abc\"", "abc" },
		{ "\"abcd\"", NULL },
		{ "\"\\u20ac\"", "\xe2\x82\xac" },
		{ "\"a\\u20ac\"", NULL },
		{ "\"\\n\\\"\"", "\n\"" },
		{ "5", NULL },
		{ "null", NULL },
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		const char *text = cases[i].text;
		const struct json_span all = json_document(text, strlen(text));
		char copy[4] = "";
		const bool good = json_text_copy(text, all, copy, sizeof copy);
		expect(v, same_text(good ? copy : NULL, cases[i].copy), "%s: %s", text, copy);
		expect(v, !good || json_text_is(text, all, copy), "%s: %s", text, copy);
		expect(v, !json_text_is(text, all, "ab"), "%s", text);
	}
}

int main(void)
{
	static const struct unit units[] = {
		UNIT(a_member_knows_its_position_in_the_text),
		UNIT(escapes_in_a_name_are_decoded),
		UNIT(the_members_of_a_text_come_in_their_order),
		UNIT(a_text_is_copied_whole_or_refused),
	};

	return units_run(units, COUNT_OF(units));
}
