/* SPDX-License-Identifier: Apache-2.0 */
/* The table of guests of the process that sets links. */
#include "expose/nri/guests.h"
#include "tests/unit/unit.h"

static struct endpoint endpoint_of(dev_t tap, uint8_t last_of_mac)
{
	return (struct endpoint){ .ifindex = 1000 + (uint32_t)tap,
		                  .mac = { { 2, 0, 0, 0, 0, last_of_mac } },
		                  .tap.number = tap };
}

static void a_tap_has_one_guest_the_last_one_noted(struct verdict *v)
{
	static struct guests g;
	const struct endpoint before = endpoint_of(7, 1), now = endpoint_of(7, 2);

	expect(v, !guests_find(&g, 7), "a guest of an empty table");
	guests_note(&g, &before, 11);
	guests_note(&g, &now, 12);
	const struct guest *found = guests_find(&g, 7);
	expect(v, found && found->container == 12 && found->ifindex == 1007, "another guest");
	expect(v, !guests_here(&g, &before.mac, NULL), "the former MAC address");
	expect(v, guests_here(&g, &now.mac, NULL) == found, "not the MAC address of now");
}

static void all_guests_of_a_mac_address_are_found_that_are_here(struct verdict *v)
{
	static struct guests g;
	struct guest *guest = NULL;
	size_t n = 0;

	for (dev_t tap = 1; tap <= 4; tap++) {
		const struct endpoint e = endpoint_of(tap, tap == 2 ? 9 : 5);
		guests_note(&g, &e, 1);
	}
	const struct mac mac = g.at[0].mac;
	while ((guest = guests_here(&g, &mac, guest))) {
		guest->here = false;
		n++;
	}
	expect(v, n == 3, "%zu", n);
	expect(v, !guests_here(&g, &mac, NULL), "one is still here");
}

static void a_full_table_forgets_the_oldest(struct verdict *v)
{
	static struct guests g;

	for (dev_t tap = 1; tap <= GUESTS_MAX + 1; tap++) {
		const struct endpoint e = endpoint_of(tap, 3);
		guests_note(&g, &e, 1);
	}
	expect(v, !guests_find(&g, 1), "the oldest is there");
	expect(v, guests_find(&g, 2) && guests_find(&g, GUESTS_MAX + 1), "another is gone");
}

int main(void)
{
	const struct unit units[] = {
		UNIT(a_tap_has_one_guest_the_last_one_noted),
		UNIT(all_guests_of_a_mac_address_are_found_that_are_here),
		UNIT(a_full_table_forgets_the_oldest),
	};

	return units_run(units, COUNT_OF(units));
}
