/* SPDX-License-Identifier: Apache-2.0 */
/* Replaces invalid UTF-8 in a text. */
#include "base/utf8.h"
#include "base/owned.h"
#include "tests/unit/unit.h"

#define BROKEN "\xef\xbf\xbd"

static void invalid_utf8_is_replaced_byte_by_byte(struct verdict *v)
{
	static const struct {
		const char *text;
		const char *repaired;
	} cases[] = {
		{ "", "" },
		{ "plain \x7f", "plain \x7f" },
		{ "\xc2\x80\xdf\xbf", "\xc2\x80\xdf\xbf" },
		{ "\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80", "\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80" },
		{ "\xf0\x90\x80\x80\xf4\x8f\xbf\xbf", "\xf0\x90\x80\x80\xf4\x8f\xbf\xbf" },
		{ "a\xff", "a" BROKEN },
		{ "\x80z", BROKEN "z" },
		{ "\xc3", BROKEN },
		{ "\xc3(", BROKEN "(" },
		{ "\xc0\xaf", BROKEN BROKEN },
		{ "\xe0\x9f\xbf", BROKEN BROKEN BROKEN },
		{ "\xed\xa0\x80", BROKEN BROKEN BROKEN },
		{ "\xe2\x82\"", BROKEN BROKEN "\"" },
		{ "\xf0\x9f\x98", BROKEN BROKEN BROKEN },
		{ "\xf4\x90\x80\x80", BROKEN BROKEN BROKEN BROKEN },
		{ "\xe2\x82\xac\xe2\x82\xac\xfe", "\xe2\x82\xac\xe2\x82\xac" BROKEN },
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		OWNED(text_release) char *text = utf8_repair(strdup(cases[i].text));
		expect(v, same_text(text, cases[i].repaired), "case %zu: %s", i,
		       text ? text : "none");
	}
	expect(v, !utf8_repair(NULL), "nothing is something");
}

int main(void)
{
	static const struct unit units[] = {
		UNIT(invalid_utf8_is_replaced_byte_by_byte),
	};

	return units_run(units, COUNT_OF(units));
}
