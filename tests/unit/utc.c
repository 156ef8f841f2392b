/* SPDX-License-Identifier: Apache-2.0 */
/* Times as text. */
#include "base/utc.h"
#include "tests/unit/unit.h"

static void a_time_is_spelled_in_utc(struct verdict *v)
{
	static const struct {
		time_t when;
		const char *text;
	} cases[] = {
		{ 0, "1970-01-01T00:00:00Z" },          { 68169599, "1972-02-28T23:59:59Z" },
		{ 68169600, "1972-02-29T00:00:00Z" },   { 951782400, "2000-02-29T00:00:00Z" },
		{ 978307199, "2000-12-31T23:59:59Z" },  { 1700000000, "2023-11-14T22:13:20Z" },
		{ 1709251199, "2024-02-29T23:59:59Z" }, { 4107542399, "2100-02-28T23:59:59Z" },
		{ 4107542400, "2100-03-01T00:00:00Z" },
	};
	char text[UTC_TEXT];

	for (size_t i = 0; i < COUNT_OF(cases); i++)
		expect(v, same_text(utc_text(cases[i].when, text), cases[i].text), "%s is not %s",
		       text, cases[i].text);
}

int main(void)
{
	static const struct unit units[] = { UNIT(a_time_is_spelled_in_utc) };
	return units_run(units, COUNT_OF(units));
}
