/* SPDX-License-Identifier: Apache-2.0 */
/* The maps of user namespaces. */
#include "netns/userns.h"
#include "tests/unit/unit.h"

static void an_id_is_found_in_the_line_that_has_it(struct verdict *v)
{
	static const char map[] = "         0     100000         10\n"
	                          "       100     300000          1\n"
	                          "4294967290 5 5\n";
	static const struct {
		uint32_t id;
		uint32_t host;
		bool mapped;
	} cases[] = {
		{ 0, 100000, true },     { 9, 100009, true },     { 10, 0, false },
		{ 99, 0, false },        { 100, 300000, true },   { 101, 0, false },
		{ 4294967290, 5, true }, { 4294967294, 9, true }, { 4294967295, 0, false },
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		uint32_t host = 0;
		const bool mapped = userns_map_find(map, cases[i].id, &host);
		expect(v, mapped == cases[i].mapped && (!mapped || host == cases[i].host),
		       "%u: %d, %u", cases[i].id, mapped, host);
	}
}

static void a_map_without_the_id_maps_nothing(struct verdict *v)
{
	static const char *const maps[] = { "", "\n", "x", "0 0 0\n", "0 4294967295 4294967295\n" };

	for (size_t i = 0; i < COUNT_OF(maps); i++) {
		uint32_t host = 0;
		expect(v, !userns_map_find(maps[i], 0, &host), "\"%s\"", maps[i]);
	}
	uint32_t host;
	expect(v, userns_map_find("0 0 4294967295\n", 4294967294, &host) && host == 4294967294,
	       "the first namespace's map");
}

int main(void)
{
	static const struct unit units[] = { UNIT(an_id_is_found_in_the_line_that_has_it),
		                             UNIT(a_map_without_the_id_maps_nothing) };
	return units_run(units, COUNT_OF(units));
}
