/* SPDX-License-Identifier: Apache-2.0 */
/* Versions: which are supported, and how others compare with them. */
#include "cni/version.h"
#include "base/json.h"
#include "tests/unit/unit.h"

static void a_version_is_supported_by_its_exact_text(struct verdict *v)
{
	static const char *const others[] = { "",      "1.0",   "1.0.00", "v1.0.0",
		                              "0.9.9", "2.0.0", "1.1.0 " };
	enum version found;

	for (int i = 0; i < VERSION_COUNT; i++)
		expect(v, version_find(version_text((enum version)i), &found) && (int)found == i,
		       "%s", version_text((enum version)i));
	for (size_t i = 0; i < COUNT_OF(others); i++)
		expect(v, !version_find(others[i], &found), "\"%s\"", others[i]);
}

static void versions_compare_by_numbers(struct verdict *v)
{
	static const struct {
		const char *text;
		enum version with;
		int at_least; /* -1: not a version */
	} cases[] = {
		{ "0.4.0", V0_4_0, 1 },   { "0.3.1", V0_4_0, 0 },
		{ "0.4", V0_4_0, 1 },     { "0.3.0", V0_3_1, 0 },
		{ "0.3.2", V0_3_1, 1 },   { "1", V0_4_0, 1 },
		{ "1", V1_1_0, 0 },       { "1.1", V1_1_0, 1 },
		{ "1.10.0", V1_1_0, 1 },  { "01.01.00", V1_1_0, 1 },
		{ "2.0.0", V1_1_0, 1 },   { "0.99.99", V1_1_0, 0 },
		{ "abc", V0_4_0, -1 },    { "1.2.3.4", V0_4_0, -1 },
		{ "", V0_4_0, -1 },       { "1.", V0_4_0, -1 },
		{ ".1", V0_4_0, -1 },     { "1..0", V0_4_0, -1 },
		{ "v1.0.0", V0_4_0, -1 }, { "1.0.0-rc1", V0_4_0, -1 },
		{ "-1.0", V0_4_0, -1 },   { "99999999999", V0_4_0, -1 },
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		bool at_least = false;
		const bool read = version_at_least(cases[i].text, cases[i].with, &at_least);
		expect(v, (read ? at_least : -1) == cases[i].at_least, "\"%s\" and %s",
		       cases[i].text, version_text(cases[i].with));
	}
}

static void the_report_and_the_list_have_every_version(struct verdict *v)
{
	OWNED(json_release) cJSON *report = version_report();
	const cJSON *list = json_member(report, "supportedVersions");

	expect(v, same_text(json_string(json_member(report, "cniVersion")), "1.1.0"), "cniVersion");
	expect(v, cJSON_GetArraySize(list) == VERSION_COUNT, "%d", cJSON_GetArraySize(list));
	for (int i = 0; i < VERSION_COUNT; i++) {
		const char *text = version_text((enum version)i);
		expect(v, same_text(json_string(cJSON_GetArrayItem(list, i)), text), "%s", text);
		expect(v, strstr(version_list(), text), "%s in the list", text);
	}
}

int main(void)
{
	static const struct unit units[] = {
		UNIT(a_version_is_supported_by_its_exact_text),
		UNIT(versions_compare_by_numbers),
		UNIT(the_report_and_the_list_have_every_version),
	};

	return units_run(units, COUNT_OF(units));
}
