/* SPDX-License-Identifier: Apache-2.0 */
/* Ranges of addresses, what is given out of them, and in which order. */
#include "ipam/range.h"
#include "tests/unit/unit.h"

static struct ip ip(const char *text)
{
	struct ip out = { .family = 0 };

	if (text)
		ip_parse(text, &out);
	return out;
}

static bool range_of(struct range *r, const char *subnet, const char *start, const char *end,
                     const char *gateway, struct failure *f)
{
	*r = (struct range){ .start = ip(start), .end = ip(end), .gateway = ip(gateway) };
	return cidr_parse(subnet, &r->subnet) && range_complete(r, f) == 0;
}

static void a_range_has_defaults_for_absent_keys(struct verdict *v)
{
	static const struct {
		const char *subnet, *start, *end, *gateway; /* as configured */
		const char *text, *its_gateway;
	} cases[] = {
		{ "10.0.0.0/24", NULL, NULL, NULL, "10.0.0.1-10.0.0.254 of 10.0.0.0/24",
		  "10.0.0.1" },
		{ "10.0.0.0/30", NULL, NULL, NULL, "10.0.0.1-10.0.0.2 of 10.0.0.0/30", "10.0.0.1" },
		{ "10.0.0.0/31", NULL, NULL, NULL, "10.0.0.0-10.0.0.1 of 10.0.0.0/31", "10.0.0.0" },
		{ "10.0.0.0/31", NULL, NULL, "10.0.0.1", "10.0.0.0-10.0.0.1 of 10.0.0.0/31",
		  "10.0.0.1" },
		{ "10.0.0.7/32", NULL, NULL, NULL, "10.0.0.7-10.0.0.7 of 10.0.0.7/32", NULL },
		{ "10.0.0.7/32", NULL, NULL, "172.31.1.1", "10.0.0.7-10.0.0.7 of 10.0.0.7/32",
		  "172.31.1.1" },
		{ "0.0.0.0/0", NULL, NULL, NULL, "0.0.0.1-255.255.255.254 of 0.0.0.0/0",
		  "0.0.0.1" },
		{ "10.0.0.0/24", "10.0.0.0", "10.0.0.255", "10.0.0.77",
		  "10.0.0.0-10.0.0.255 of 10.0.0.0/24", "10.0.0.77" },
		{ "10.0.0.0/24", NULL, NULL, "192.0.2.1", "10.0.0.1-10.0.0.254 of 10.0.0.0/24",
		  "192.0.2.1" },
		{ "fd00::/64", NULL, NULL, NULL, "fd00::1-fd00::ffff:ffff:ffff:ffff of fd00::/64",
		  "fd00::1" },
		{ "fd00::/126", NULL, NULL, NULL, "fd00::1-fd00::3 of fd00::/126", "fd00::1" },
		{ "fd00::/127", NULL, NULL, NULL, "fd00::-fd00::1 of fd00::/127", "fd00::" },
		{ "fd00::7/128", NULL, NULL, NULL, "fd00::7-fd00::7 of fd00::7/128", NULL },
		{ "::/0", NULL, NULL, NULL, "::1-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff of ::/0",
		  "::1" },
		{ "2001:db8::/32", NULL, "2001:db8::5", NULL,
		  "2001:db8::1-2001:db8::5 of 2001:db8::/32", "2001:db8::1" },
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct failure f = { 0 };
		struct range r;
		char text[256] = "", gateway[IP_TEXT];
		const bool good = range_of(&r, cases[i].subnet, cases[i].start, cases[i].end,
		                           cases[i].gateway, &f);
		const struct range_set set = { &r, 1 };
		expect(v, good, "%s: %s", cases[i].subnet, f.msg);
		if (!good)
			continue;
		range_set_text(&set, text, sizeof text);
		expect(v, same_text(text, cases[i].text), "%s: %s", cases[i].subnet, text);
		const char *got = r.gateway.family ? ip_format(&r.gateway, gateway) : NULL;
		expect(v, same_text(got, cases[i].its_gateway), "%s: gateway %s", cases[i].subnet,
		       got ? got : "none");
	}
}

static void an_invalid_range_is_refused_with_its_value(struct verdict *v)
{
	static const struct {
		const char *subnet, *start, *end, *gateway;
		const char *msg;
	} cases[] = {
		{ "10.0.0.1/31", NULL, NULL, NULL, "network 10.0.0.1/31 has host bits set" },
		{ "10.0.0.5/24", NULL, NULL, NULL, "network 10.0.0.5/24 has host bits set" },
		{ "fd00::1/64", NULL, NULL, NULL, "network fd00::1/64 has host bits set" },
		{ "10.0.0.0/24", "10.0.1.1", NULL, NULL,
		  "rangeStart 10.0.1.1 not in network 10.0.0.0/24" },
		{ "10.0.0.0/24", NULL, "10.0.1.1", NULL,
		  "rangeEnd 10.0.1.1 not in network 10.0.0.0/24" },
		{ "10.0.0.0/24", "fd00::1", NULL, NULL,
		  "rangeStart fd00::1 not in network 10.0.0.0/24" },
		{ "10.0.0.0/24", "10.0.0.9", "10.0.0.8", NULL,
		  "rangeStart 10.0.0.9 is after rangeEnd 10.0.0.8" },
		{ "10.0.0.0/24", NULL, NULL, "fd00::1", "gateway fd00::1" },
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct failure f = { 0 };
		struct range r;
		expect(v,
		       !range_of(&r, cases[i].subnet, cases[i].start, cases[i].end,
		                 cases[i].gateway, &f),
		       "%s: accepted", cases[i].subnet);
		expect(v, f.code == CNI_CONFIG && same_text(f.msg, cases[i].msg), "%s: %d %s",
		       cases[i].subnet, f.code, f.msg);
	}
}

static void overlapping_ranges_and_mixed_families_are_refused(struct verdict *v)
{
	static const struct {
		const char *sets[4][2]; /* subnets of ranges */
		const char *msg;
	} cases[] = {
		{ { { "10.0.0.0/24", "10.0.1.0/24" }, { "fd00::/64", "fd01::/64" } }, NULL },
		{ { { "10.0.0.0/24", "fd00::/64" } },
		  "mixed address families in range set 0 (10.0.0.1-10.0.0.254 of 10.0.0.0/24, "
		  "fd00::1-fd00::ffff:ffff:ffff:ffff of fd00::/64)" },
		{ { { "10.0.0.0/24", "10.0.0.128/25" } },
		  "range 10.0.0.129-10.0.0.254 of 10.0.0.128/25 overlaps with 10.0.0.1-10.0.0.254 "
		  "of 10.0.0.0/24" },
		{ { { "10.0.0.0/24" }, { "10.1.0.0/24" }, { "10.0.0.0/16" } },
		  "range 10.0.0.1-10.0.255.254 of 10.0.0.0/16 overlaps with 10.0.0.1-10.0.0.254 "
		  "of 10.0.0.0/24" },
		{ { { "fd00::/64" }, { "fd00::/120" } },
		  "range fd00::1-fd00::ff of fd00::/120 overlaps with "
		  "fd00::1-fd00::ffff:ffff:ffff:ffff of fd00::/64" },
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct range ranges[4][2];
		struct range_set sets[4];
		struct failure f = { 0 };
		size_t n = 0;
		for (; n < 4 && cases[i].sets[n][0]; n++) {
			sets[n] = (struct range_set){ .ranges = ranges[n] };
			for (size_t k = 0; k < 2 && cases[i].sets[n][k]; k++)
				expect(v,
				       range_of(&ranges[n][sets[n].n++], cases[i].sets[n][k], NULL,
				                NULL, NULL, &f),
				       "%s: %s", cases[i].sets[n][k], f.msg);
		}
		const bool good = range_sets_check(sets, n, &f) == 0;
		expect(v, same_text(good ? NULL : f.msg, cases[i].msg), "case %zu: %s", i,
		       good ? "accepted" : f.msg);
	}
	struct range_set empty = { .n = 0 };
	struct failure f = { 0 };
	expect(v, range_sets_check(&empty, 1, &f) < 0 && same_text(f.msg, "range set 0 is empty"),
	       "an empty set: %s", f.msg);
}

/* A pool as text: "first-last first-last …". */
static const char *pool_text(const struct pool *p, char *text, size_t size)
{
	size_t length = 0;

	text[0] = '\0';
	for (size_t i = 0; i < p->n && length < size; i++) {
		char first[IP_TEXT], last[IP_TEXT];
		const struct ip a = number_ip(p->spans[i].family, p->spans[i].first);
		const struct ip b = number_ip(p->spans[i].family, p->spans[i].last);
		length += (size_t)snprintf(text + length, size - length, "%s%s-%s", i ? " " : "",
		                           ip_format(&a, first), ip_format(&b, last));
	}
	return text;
}

static const struct {
	const char *subnets[3];
	const char *last;
	const char *excluded[3];
	const char *pool;
	const char *size;
} pools[] = {
	{ { "10.0.0.0/29" }, NULL, { NULL }, "10.0.0.2-10.0.0.6", "5" },
	{ { "10.0.0.0/29" }, "10.0.0.3", { NULL }, "10.0.0.4-10.0.0.6 10.0.0.2-10.0.0.3", "5" },
	{ { "10.0.0.0/29" }, "10.0.0.6", { NULL }, "10.0.0.2-10.0.0.6", "5" },
	{ { "10.0.0.0/29" }, "10.0.0.1", { NULL }, "10.0.0.2-10.0.0.6", "5" },
	{ { "10.0.0.0/29" }, "10.9.9.9", { NULL }, "10.0.0.2-10.0.0.6", "5" },
	{ { "10.0.0.0/30", "10.0.1.0/30" },
	  "10.0.0.2",
	  { NULL },
	  "10.0.1.2-10.0.1.2 10.0.0.2-10.0.0.2",
	  "2" },
	{ { "10.0.0.0/29", "10.0.1.0/30" },
	  "10.0.1.2",
	  { NULL },
	  "10.0.0.2-10.0.0.6 10.0.1.2-10.0.1.2",
	  "6" },
	{ { "10.0.0.0/29" }, NULL, { "10.0.0.3/32" }, "10.0.0.2-10.0.0.2 10.0.0.4-10.0.0.6", "4" },
	{ { "10.0.0.0/29" },
	  "10.0.0.4",
	  { "10.0.0.4/31", "10.0.0.2/32" },
	  "10.0.0.6-10.0.0.6 10.0.0.3-10.0.0.3",
	  "2" },
	{ { "10.0.0.0/29" }, NULL, { "10.0.0.0/24" }, "", "0" },
	{ { "10.0.0.0/29" },
	  NULL,
	  { "10.0.0.2/32", "10.0.0.0/30", "fd00::/8" },
	  "10.0.0.4-10.0.0.6",
	  "3" },
	{ { "fd00::/64" },
	  NULL,
	  { "fd00::/65" },
	  "fd00::8000:0:0:0-fd00::ffff:ffff:ffff:ffff",
	  "9223372036854775808" },
	{ { "::/0" },
	  NULL,
	  { NULL },
	  "::2-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
	  "340282366920938463463374607431768211454" },
	{ { "fd00::/127" }, NULL, { NULL }, "fd00::1-fd00::1", "1" },
	{ { "10.0.0.0/31" }, NULL, { NULL }, "10.0.0.1-10.0.0.1", "1" },
	{ { "10.0.0.7/32" }, "10.0.0.7", { NULL }, "10.0.0.7-10.0.0.7", "1" },
	{ { "fd00::9/128" }, "fd00::9", { NULL }, "fd00::9-fd00::9", "1" },
};

static void a_pool_wraps_around_and_skips_excluded_addresses(struct verdict *v)
{
	for (size_t i = 0; i < COUNT_OF(pools); i++) {
		struct range ranges[3];
		struct range_set set = { .ranges = ranges };
		struct span excluded[3];
		struct failure f = { 0 };
		struct pool pool;
		struct cidr net;
		size_t n = 0;
		char text[512], size[NUMBER_TEXT];
		while (set.n < 3 && pools[i].subnets[set.n] &&
		       range_of(&ranges[set.n], pools[i].subnets[set.n], NULL, NULL, NULL, &f))
			set.n++;
		while (n < 3 && pools[i].excluded[n] && cidr_parse(pools[i].excluded[n], &net))
			excluded[n++] = cidr_span(&net);
		const struct ip last = ip(pools[i].last);
		expect(v, pool_make(&pool, &set, &last, excluded, n, &f) == 0, "%s", f.msg);
		expect(v, same_text(pool_text(&pool, text, sizeof text), pools[i].pool),
		       "case %zu: %s", i, text);
		expect(v, same_text(number_format(pool.size, size), pools[i].size),
		       "case %zu: size %s", i, size);
		pool_release(&pool);
	}
}

static void only_host_addresses_can_be_requested_outside_a_range(struct verdict *v)
{
	static const struct {
		const char *subnet, *address;
		bool host;
	} cases[] = {
		{ "10.0.0.0/24", "10.0.0.0", false },
		{ "10.0.0.0/24", "10.0.0.1", true },
		{ "10.0.0.0/24", "10.0.0.254", true },
		{ "10.0.0.0/24", "10.0.0.255", false },
		{ "10.0.0.0/31", "10.0.0.0", true },
		{ "10.0.0.0/31", "10.0.0.1", true },
		{ "10.0.0.7/32", "10.0.0.7", true },
		{ "fd00::/64", "fd00::", false },
		{ "fd00::/64", "fd00::ffff:ffff:ffff:ffff", true },
		{ "fd00::/127", "fd00::", true },
		{ "255.255.255.0/24", "255.255.255.255", false },
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct failure f = { 0 };
		struct range r;
		const struct ip address = ip(cases[i].address);
		expect(v, range_of(&r, cases[i].subnet, NULL, NULL, NULL, &f), "%s: %s",
		       cases[i].subnet, f.msg);
		expect(v, range_has_host(&r, &address) == cases[i].host, "%s of %s",
		       cases[i].address, cases[i].subnet);
	}
}

int main(void)
{
	static const struct unit units[] = {
		UNIT(a_range_has_defaults_for_absent_keys),
		UNIT(an_invalid_range_is_refused_with_its_value),
		UNIT(overlapping_ranges_and_mixed_families_are_refused),
		UNIT(only_host_addresses_can_be_requested_outside_a_range),
		UNIT(a_pool_wraps_around_and_skips_excluded_addresses),
	};

	return units_run(units, COUNT_OF(units));
}
