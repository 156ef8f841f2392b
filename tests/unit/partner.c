/* SPDX-License-Identifier: Apache-2.0 */
/* Networks as whereabouts' configuration spells them. */
#include "ipam/partner.h"
#include "tests/unit/unit.h"

static struct ip ip(const char *text)
{
	struct ip out = { .family = 0 };

	if (text)
		ip_parse(text, &out);
	return out;
}

static void a_range_is_that_which_whereabouts_reads(struct verdict *v)
{
	static const struct {
		const char *range, *start, *end; /* the keys range, range_start and range_end */
		const char *text;                /* NULL: refused */
	} cases[] = {
		{ "192.0.2.0/24", NULL, NULL, "192.0.2.1-192.0.2.254 of 192.0.2.0/24" },
		{ "192.0.2.77/24", NULL, NULL, "192.0.2.1-192.0.2.254 of 192.0.2.0/24" },
		{ "192.0.2.0/24", "192.0.2.9", "192.0.2.20",
		  "192.0.2.9-192.0.2.20 of 192.0.2.0/24" },
		{ "192.0.2.10-192.0.2.99/24", NULL, NULL, "192.0.2.10-192.0.2.99 of 192.0.2.0/24" },
		{ "192.0.2.10-192.0.2.99/24", "192.0.2.50", "192.0.2.60",
		  "192.0.2.10-192.0.2.99 of 192.0.2.0/24" },
		/* What whereabouts does not heed. */
		{ "192.0.2.0/24", "192.0.3.9", "10.0.0.1",
		  "192.0.2.1-192.0.2.254 of 192.0.2.0/24" },
		{ "192.0.2.0/24", "192.0.2.0", "192.0.2.255",
		  "192.0.2.1-192.0.2.254 of 192.0.2.0/24" },
		{ "192.0.2.0/24", "192.0.2.20", "192.0.2.9",
		  "192.0.2.20-192.0.2.254 of 192.0.2.0/24" },
		{ "192.0.2.0/24", "fd00::1", "fd00::2", "192.0.2.1-192.0.2.254 of 192.0.2.0/24" },
		{ "fd00::/64", "fd00::10", NULL,
		  "fd00::10-fd00::ffff:ffff:ffff:ffff of fd00::/64" },
		{ "fd00::5-fd00::9/120", NULL, NULL, "fd00::5-fd00::9 of fd00::/120" },
		{ "192.0.2.0/31", NULL, NULL, "192.0.2.0-192.0.2.1 of 192.0.2.0/31" },
		{ "0.0.0.0/0", NULL, NULL, "0.0.0.1-255.255.255.254 of 0.0.0.0/0" },
		{ "", NULL, NULL, NULL },
		{ "-", NULL, NULL, NULL },
		{ "-192.0.2.0/24", NULL, NULL, NULL },
		{ "192.0.2.0", NULL, NULL, NULL },
		{ "192.0.2.0/33", NULL, NULL, NULL },
		{ "192.0.2.0/-1", NULL, NULL, NULL },
		{ "192.0.2.010/24", NULL, NULL, NULL },
		{ "192.0.2.10-192.0.2.99", NULL, NULL, NULL },
		{ "192.0.3.1-192.0.2.99/24", NULL, NULL, NULL },
		{ "fd00::1-192.0.2.99/24", NULL, NULL, NULL },
		{ "192.0.2.1-192.0.2.5-192.0.2.99/24", NULL, NULL, NULL },
		{ "1111111111111111111111111111111111111111111111111111111-192.0.2.99/24", NULL,
		  NULL, NULL },
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct range r = { .start = ip(cases[i].start), .end = ip(cases[i].end) };
		const struct range_set set = { &r, 1 };
		struct failure f = { 0 };
		char text[256] = "";
		const bool good = partner_range_read(&r, cases[i].range, &f) == 0;
		if (good)
			range_set_text(&set, text, sizeof text);
		expect(v, good == (cases[i].text != NULL), "%s", cases[i].range);
		expect(v, strcmp(text, cases[i].text ? cases[i].text : "") == 0, "%s: %s",
		       cases[i].range, text);
		expect(v, good || f.code == CNI_CONFIG, "%s", cases[i].range);
	}
}

static void a_pool_is_named_by_its_network(struct verdict *v)
{
	static const char long_name[] =
	        "a-name-of-a-network-that-is-so-long-that-no-pool-can-have-it";
	static const struct {
		const char *network_name, *subnet, *name; /* NULL: refused */
	} cases[] = {
		{ "", "192.0.2.0/24", "192-0-2-0-24" },
		{ "blue", "192.0.2.0/24", "blue-192-0-2-0-24" },
		{ "blue.example", "fd00:1::/64", "blue-example-fd00-1---64" },
		{ "", "fd00::/64", "fd00---64" },
		{ "", "::/64", NULL },
		{ "Blue", "192.0.2.0/24", NULL },
		{ "../../etc", "192.0.2.0/24", NULL },
		{ long_name, "192.0.2.0/24", NULL },
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		char name[POOL_NAME] = "";
		struct failure f = { 0 };
		struct cidr subnet;
		const bool good = cidr_parse(cases[i].subnet, &subnet) &&
		                  partner_pool_name(cases[i].network_name, &subnet, name, &f) == 0;
		expect(v, good == (cases[i].name != NULL), "%s", cases[i].network_name);
		expect(v, strcmp(name, cases[i].name ? cases[i].name : "") == 0, "%s", name);
	}
}

int main(void)
{
	static const struct unit units[] = {
		UNIT(a_range_is_that_which_whereabouts_reads),
		UNIT(a_pool_is_named_by_its_network),
	};

	return units_run(units, COUNT_OF(units));
}
