/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses, prefixes and MAC addresses as text. */
#include "base/address.h"
#include "tests/unit/unit.h"

struct spelling {
	const char *text;
	const char *canonical; /* NULL: refused */
};

static void an_address_has_one_canonical_form(struct verdict *v)
{
	static const struct spelling cases[] = {
		{ "10.0.0.1", "10.0.0.1" },
		{ "0.0.0.0", "0.0.0.0" },
		{ "255.255.255.255", "255.255.255.255" },
		{ "::", "::" },
		{ "FD00:0:0::0:1", "fd00::1" },
		{ "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8" },
		{ "::ffff:10.0.0.1", "10.0.0.1" },
		{ "::ffff:0a00:0001", "10.0.0.1" },
		{ "::fffe:10.0.0.1", "::fffe:a00:1" },
		{ "", NULL },
		{ "10.0.0", NULL },
		{ "10.0.0.01", NULL },
		{ "10.0.0.256", NULL },
		{ " 10.0.0.1", NULL },
		{ "10.0.0.1 ", NULL },
		{ "10.0.0.1/24", NULL },
		{ "0x0a.0.0.1", NULL },
		{ "fe80::1%eth0", NULL },
		{ ":::", NULL },
		{ "1:2:3:4:5:6:7:8:9", NULL },
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct ip ip = { .family = 0 };
		char text[IP_TEXT];
		const bool read = ip_parse(cases[i].text, &ip);
		expect(v, same_text(read ? ip_format(&ip, text) : NULL, cases[i].canonical),
		       "\"%s\" is read as %s", cases[i].text, read ? text : "nothing");
		expect(v, read || ip.family == 0, "\"%s\" is refused but stored", cases[i].text);
	}
}

static void a_prefix_keeps_its_host_bits_and_needs_its_length(struct verdict *v)
{
	static const struct spelling cases[] = {
		{ "10.1.2.3/24", "10.1.2.3/24" },
		{ "10.1.2.3/0", "10.1.2.3/0" },
		{ "10.1.2.3/32", "10.1.2.3/32" },
		{ "fd00::5/64", "fd00::5/64" },
		{ "fd00::5/128", "fd00::5/128" },
		{ "::ffff:10.1.2.3/120", "10.1.2.3/24" },
		{ "::ffff:10.1.2.3/24", NULL },
		{ "10.1.2.3", NULL },
		{ "10.1.2.3/", NULL },
		{ "10.1.2.3/33", NULL },
		{ "10.1.2.3/256", NULL },
		{ "10.1.2.3/4294967320", NULL },
		{ "10.1.2.3/08", NULL },
		{ "10.1.2.3/+8", NULL },
		{ "10.1.2.3/-8", NULL },
		{ "10.1.2.3/ 8", NULL },
		{ "10.1.2.3/255.0.0.0", NULL },
		{ "10.1.2.3/8/8", NULL },
		{ "fd00::5/129", NULL },
		{ "/24", NULL },
		{ "", NULL },
		{ "aaaa:aaaa:aaaa:aaaa:aaaa:aaaa:aaaa:aaaa:aaaa:aaaa/64", NULL },
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct cidr cidr = { .prefix = 0 };
		char text[CIDR_TEXT];
		const bool read = cidr_parse(cases[i].text, &cidr);
		expect(v, same_text(read ? cidr_format(&cidr, text) : NULL, cases[i].canonical),
		       "\"%s\" is read as %s", cases[i].text, read ? text : "nothing");
	}
}

static void the_network_of_a_prefix_has_no_host_bits(struct verdict *v)
{
	static const struct spelling cases[] = {
		{ "10.9.1.1/16", "10.9.0.0" },      { "10.9.1.1/15", "10.8.0.0" },
		{ "255.255.255.255/0", "0.0.0.0" }, { "255.255.255.255/1", "128.0.0.0" },
		{ "10.9.1.1/32", "10.9.1.1" },      { "10.9.1.1/31", "10.9.1.0" },
		{ "fd00::ff:1/112", "fd00::ff:0" }, { "fdff:ffff::/9", "fd80::" },
		{ "fd00::1/128", "fd00::1" },       { "ffff::1/0", "::" },
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct cidr cidr = { .prefix = 0 };
		char text[IP_TEXT];
		expect(v, cidr_parse(cases[i].text, &cidr), "%s is refused", cases[i].text);
		const struct ip network = cidr_network(&cidr);
		expect(v, same_text(ip_format(&network, text), cases[i].canonical),
		       "the network of %s is %s", cases[i].text, text);
	}
}

static void a_prefix_contains_its_own_addresses_only(struct verdict *v)
{
	static const struct {
		const char *net;
		const char *ip;
		bool inside;
	} cases[] = {
		{ "10.1.0.0/16", "10.1.255.255", true },
		{ "10.1.7.7/16", "10.1.0.0", true },
		{ "10.1.0.0/16", "10.2.0.0", false },
		{ "0.0.0.0/0", "255.0.0.1", true },
		{ "0.0.0.0/0", "::1", false },
		{ "::/0", "10.0.0.1", false },
		{ "fd00::/65", "fd00::7fff:0:0:1", true },
		{ "fd00::/65", "fd00::8000:0:0:1", false },
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct cidr net = { .prefix = 0 };
		struct ip ip = { .family = 0 };
		expect(v, cidr_parse(cases[i].net, &net) && ip_parse(cases[i].ip, &ip),
		       "%s or %s is refused", cases[i].net, cases[i].ip);
		expect(v, cidr_contains(&net, &ip) == cases[i].inside, "%s and %s", cases[i].net,
		       cases[i].ip);
	}
}

static void addresses_of_a_family_are_ordered_as_numbers(struct verdict *v)
{
	static const char *const rising[][2] = {
		{ "9.255.255.255", "10.0.0.0" },
		{ "10.0.0.127", "10.0.0.128" },
		{ "fd00::ffff", "fd00::1:0" },
	};

	for (size_t i = 0; i < COUNT_OF(rising); i++) {
		struct ip low = { .family = 0 }, high = { .family = 0 };
		expect(v, ip_parse(rising[i][0], &low) && ip_parse(rising[i][1], &high),
		       "%s or %s is refused", rising[i][0], rising[i][1]);
		expect(v,
		       ip_compare(&low, &high) < 0 && ip_compare(&high, &low) > 0 &&
		               ip_compare(&low, &low) == 0 && ip_equal(&low, &low) &&
		               !ip_equal(&low, &high),
		       "%s and %s", rising[i][0], rising[i][1]);
	}
}

static void a_mac_is_six_octets_in_three_notations(struct verdict *v)
{
	static const struct spelling cases[] = {
		{ "02:aB:03:04:05:0f", "02:ab:03:04:05:0f" },
		{ "02-AB-03-04-05-0F", "02:ab:03:04:05:0f" },
		{ "02ab.0304.050f", "02:ab:03:04:05:0f" },
		{ "02ab0304050f", NULL },
		{ "02:ab:03:04:05", NULL },
		{ "02:ab:03:04:05:0f:00:11", NULL },
		{ "02:ab:03-04-05-0f", NULL },
		{ "2:ab:3:4:5:f", NULL },
		{ "02:ab:03:04:05:0g", NULL },
		{ "02:ab:03:04:05:0f ", NULL },
		{ "02:ab:03:04:05:0", NULL },
		{ "02ab.0304.05", NULL },
		{ "", NULL },
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct mac mac;
		char text[MAC_TEXT];
		const bool read = mac_parse(cases[i].text, &mac);
		expect(v, same_text(read ? mac_format(&mac, text) : NULL, cases[i].canonical),
		       "\"%s\" is read as %s", cases[i].text, read ? text : "nothing");
	}
}

static void a_unicast_mac_is_neither_a_group_nor_nothing(struct verdict *v)
{
	static const struct {
		struct mac mac;
		bool unicast;
	} cases[] = {
		{ { { 2, 0, 0, 0, 0, 1 } }, true },
		{ { { 0, 0, 0, 0, 0, 1 } }, true },
		{ { { 0, 0, 0, 0, 0, 0 } }, false },
		{ { { 1, 0, 0, 0, 0, 1 } }, false },
		{ { { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff } }, false },
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		char text[MAC_TEXT];
		expect(v, mac_is_unicast(&cases[i].mac) == cases[i].unicast, "%s",
		       mac_format(&cases[i].mac, text));
	}
}

int main(void)
{
	static const struct unit units[] = {
		UNIT(an_address_has_one_canonical_form),
		UNIT(a_prefix_keeps_its_host_bits_and_needs_its_length),
		UNIT(the_network_of_a_prefix_has_no_host_bits),
		UNIT(a_prefix_contains_its_own_addresses_only),
		UNIT(addresses_of_a_family_are_ordered_as_numbers),
		UNIT(a_mac_is_six_octets_in_three_notations),
		UNIT(a_unicast_mac_is_neither_a_group_nor_nothing),
	};

	return units_run(units, COUNT_OF(units));
}
