/* SPDX-License-Identifier: Apache-2.0 */
/* MAC addresses that follow from names: DHCP servers have them, so these must never change. */
#include "base/stable_mac.h"
#include "tests/unit/unit.h"

#include <string.h>

static void an_address_follows_from_the_names(struct verdict *v)
{
	static const struct {
		struct mac_owner owner;
		const char *mac;
	} cases[] = {
		{ { "lan", "", "vm", "eth0" }, "ae:5c:51:ef:0d:9c" },
		{ { "lan", "default", "db-0", "net1" }, "d2:c7:bf:f9:1d:76" },
		{ { "lan", "default", "db-0", "eth0" }, "62:84:a8:6c:9d:86" },
		{ { "lan", "default", "db-1", "net1" }, "06:0a:e0:ba:2f:0a" },
		{ { "other", "", "vm", "eth0" }, "b6:f2:cc:f3:c8:69" },
		{ { "lan", "vm", "", "eth0" }, "e2:c7:f6:a3:42:66" },
	};
	char text[MAC_TEXT];
	struct mac mac = { { 0 } };

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		expect(v, stable_mac(&cases[i].owner, &mac), "case %zu is refused", i);
		expect(v, same_text(mac_format(&mac, text), cases[i].mac), "%s is not %s", text,
		       cases[i].mac);
	}
}

static void an_address_is_unicast_and_locally_administered(struct verdict *v)
{
	char name[16];
	struct mac mac;

	for (int i = 0; i < 1000; i++) {
		snprintf(name, sizeof name, "vm-%d", i);
		const struct mac_owner owner = { "lan", "", name, "eth0" };
		expect(v, stable_mac(&owner, &mac) && (mac.byte[0] & 3) == 2, "%s", name);
	}
}

static void names_that_could_be_taken_for_others_are_refused(struct verdict *v)
{
	static char endless[2000];
	struct mac mac;

	memset(endless, 'a', sizeof endless - 1);
	const struct mac_owner lines = { "lan", "", "a\nb", "eth0" },
	                       length = { "lan", "", endless, "eth0" };
	expect(v, !stable_mac(&lines, &mac), "a line feed in a name");
	expect(v, !stable_mac(&length, &mac), "an endless name");
}

int main(void)
{
	static const struct unit units[] = {
		UNIT(an_address_follows_from_the_names),
		UNIT(an_address_is_unicast_and_locally_administered),
		UNIT(names_that_could_be_taken_for_others_are_refused),
	};
	return units_run(units, COUNT_OF(units));
}
