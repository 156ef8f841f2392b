/* SPDX-License-Identifier: Apache-2.0 */
/* The guard's program, frame by frame: what it passes, and why it drops the rest. */
#include "netns/guard.h"
#include "base/owned.h"
#include "tests/unit/guarded.h"

#define OWN       "020000000001"
#define NEIGHBOUR "020000000002"
#define STRANGER  "020000000099"
#define ALL       "ffffffffffff"
#define OWN4      "0a000001"
#define OTHER4    "0a000002"
#define OWN6      "fd000000000000000000000000000001"
#define OTHER6    "fd000000000000000000000000000002"
#define LOCAL6    "fe80000000000000000000fffe000001"
#define NONE6     "00000000000000000000000000000000"
#define GROUP6    "ff020000000000000000000000000001"

#define ARP(op, mac, ip) \
	"0806"           \
	"000108000604" op mac ip "000000000000" OWN4
#define IPV4(first, rest, src) \
	"0800" first "000020"  \
	"00000000" rest "0000" src "ffffffff"
#define IPV6(length, next, src) \
	"86dd"                  \
	"60000000" length next "ff" src GROUP6
#define ND(type, target) type "00000000000000" target
#define RA                 \
	"8600000040000708" \
	"0000000000000000"

enum { PASSES = -1 }; /* no reason */

struct example {
	const char *is;
	const char *frame;
	int reason; /* PASSES, or why it is dropped */
};

/* The reason for which the program dropped the frame, of an endpoint or of nobody. */
static int judge(struct guarded *g, const char *hex, const struct mac *mac, uint64_t token)
{
	static const struct mac none = { { 0 } };
	struct guard_entry before, after;
	struct failure f = { 0 };
	const struct mac *who = token ? mac : &none;

	if (guard_read(&g->guard, who, 0, &before, &f) != FOUND)
		abort();
	const int verdict = run(g->guard.program, hex, mac, token, 1);
	if (guard_read(&g->guard, who, 0, &after, &f) != FOUND)
		abort();
	for (int i = 0; i < GUARD_REASONS; i++)
		if (after.dropped[i] != before.dropped[i])
			return verdict == TC_ACT_SHOT ? i : GUARD_REASONS;
	return verdict == TC_ACT_UNSPEC ? PASSES : GUARD_REASONS;
}

static void expect_all(struct verdict *v, struct guarded *g, const struct example *e, size_t n,
                       uint64_t token)
{
	for (size_t i = 0; i < n; i++) {
		const int reason = judge(g, e[i].frame, &own, token);
		expect(v, reason == e[i].reason, "%s: %d, not %d", e[i].is, reason, e[i].reason);
	}
}

static void an_endpoint_sends_as_itself_alone(struct verdict *v)
{
	static const struct example examples[] = {
		{ "ARP", ALL OWN ARP("0001", OWN, OWN4), PASSES },
		{ "a probe", ALL OWN ARP("0001", OWN, "00000000"), PASSES },
		{ "another's address", ALL OWN ARP("0002", OWN, OTHER4), GUARD_CLAIM },
		{ "nobody's address", ALL OWN ARP("0002", OWN, "0a000009"), GUARD_CLAIM },
		{ "another's MAC within", ALL OWN ARP("0002", NEIGHBOUR, OWN4), GUARD_MAC },
		{ "another's MAC outside", ALL NEIGHBOUR ARP("0002", OWN, OWN4), GUARD_MAC },
		{ "ARP of another size",
		  ALL OWN "0806"
		          "000108000804"
		          "0001" OWN OWN4 OWN OWN4,
		  GUARD_MALFORMED },
		{ "half of ARP",
		  ALL OWN "0806"
		          "0001080006040001" OWN,
		  GUARD_MALFORMED },
		{ "TCP", ALL OWN IPV4("45", "4006", OWN4) "00010002", PASSES },
		{ "another's TCP", ALL OWN IPV4("45", "4006", OTHER4) "00010002", GUARD_ADDRESS },
		{ "DHCP to a server",
		  ALL OWN IPV4("45", "4011", "00000000") "00440043"
		                                         "00080000",
		  PASSES },
		{ "UDP of nobody",
		  ALL OWN IPV4("45", "4011", "00000000") "00440045"
		                                         "00080000",
		  GUARD_ADDRESS },
		{ "TCP of nobody", ALL OWN IPV4("45", "4006", "00000000") "00440043",
		  GUARD_ADDRESS },
		{ "DHCP of a server",
		  ALL OWN IPV4("45", "4011", OWN4) "00430044"
		                                   "00080000",
		  GUARD_DHCP },
		{ "the same behind options",
		  ALL OWN IPV4("46", "4011", OWN4) "01010101"
		                                   "00430044"
		                                   "00080000",
		  GUARD_DHCP },
		{ "no header of IPv4", ALL OWN IPV4("44", "4006", OWN4), GUARD_MALFORMED },
		{ "IPv6 as IPv4", ALL OWN IPV4("65", "4006", OWN4), GUARD_MALFORMED },
		{ "a tag",
		  ALL OWN "81000005"
		          "0800"
		          "45",
		  GUARD_PROTOCOL },
		{ "another protocol",
		  ALL OWN "88b5"
		          "0000",
		  GUARD_PROTOCOL },
	};
	OWNED(guarded_release) struct guarded g = { { .fd = -1 }, GUARD_CLOSED };

	guarded_make(v, &g, 0);
	expect_all(v, &g, examples, COUNT_OF(examples), TOKEN);
}

static const struct example ipv6_examples[] = {
	{ "TCP", ALL OWN IPV6("0004", "06", OWN6) "00010002", PASSES },
	{ "link-local", ALL OWN IPV6("0004", "06", LOCAL6) "00010002", PASSES },
	{ "another's", ALL OWN IPV6("0004", "06", OTHER6) "00010002", GUARD_ADDRESS },
	{ "DAD", ALL OWN IPV6("0018", "3a", NONE6) ND("87", OWN6), PASSES },
	{ "another's DAD", ALL OWN IPV6("0018", "3a", NONE6) ND("87", OTHER6), GUARD_CLAIM },
	{ "asking", ALL OWN IPV6("0020", "3a", OWN6) ND("87", OTHER6) "0101" OWN, PASSES },
	{ "asking for another", ALL OWN IPV6("0020", "3a", OWN6) ND("87", OTHER6) "0101" STRANGER,
	  GUARD_MAC },
	{ "a second option",
	  ALL OWN IPV6("0028", "3a", OWN6) ND("87", OTHER6) "0e01000000000000"
	                                                    "0101" STRANGER,
	  GUARD_MAC },
	{ "an option without end",
	  ALL OWN IPV6("0020", "3a", OWN6) ND("87", OTHER6) "0e00000000000000", GUARD_MALFORMED },
	{ "an advertisement", ALL OWN IPV6("0020", "3a", OWN6) ND("88", OWN6) "0201" OWN, PASSES },
	{ "another's", ALL OWN IPV6("0020", "3a", OWN6) ND("88", OTHER6) "0201" OWN, GUARD_CLAIM },
	{ "to a stranger", ALL OWN IPV6("0020", "3a", OWN6) ND("88", OWN6) "0201" STRANGER,
	  GUARD_MAC },
	{ "a router", ALL OWN IPV6("0010", "3a", LOCAL6) RA, GUARD_RA },
	{ "a redirect", ALL OWN IPV6("0028", "3a", LOCAL6) "8900000000000000" OWN6 OWN6, GUARD_RA },
	{ "a router behind options", ALL OWN IPV6("0018", "3c", LOCAL6) "3a00000000000000" RA,
	  GUARD_RA },
	{ "behind hop-by-hop, routing and AH",
	  ALL OWN IPV6("0028", "00", LOCAL6) "2b00000000000000"
	                                     "3300000000000000"
	                                     "3a00000000000000" RA,
	  GUARD_RA },
	{ "behind too many",
	  ALL OWN IPV6("0058", "3c", LOCAL6) "3c00000000000000"
	                                     "3c00000000000000"
	                                     "3c00000000000000"
	                                     "3c00000000000000"
	                                     "3c00000000000000"
	                                     "3c00000000000000"
	                                     "3c00000000000000"
	                                     "3c00000000000000"
	                                     "3a00000000000000" RA,
	  GUARD_MALFORMED },
	{ "in an atomic fragment", ALL OWN IPV6("0018", "2c", LOCAL6) "3a00000000000001" RA,
	  GUARD_RA },
	{ "in a first fragment", ALL OWN IPV6("0018", "2c", LOCAL6) "3a00000100000001" RA,
	  GUARD_RA },
	{ "an advertisement in a fragment",
	  ALL OWN IPV6("0020", "2c", LOCAL6) "3a00000000000001" ND("88", LOCAL6), GUARD_MALFORMED },
	{ "a header in the next fragment",
	  ALL OWN IPV6("0010", "2c", LOCAL6) "3c00000100000001"
	                                     "3c00000000000000"
	                                     "3b00000000000000",
	  GUARD_MALFORMED },
	{ "a later fragment",
	  ALL OWN IPV6("0010", "2c", LOCAL6) "3a00001100000001"
	                                     "8600000000000000",
	  PASSES },
	{ "another's later fragment",
	  ALL OWN IPV6("0010", "2c", OTHER6) "3a00001100000001"
	                                     "8600000000000000",
	  GUARD_ADDRESS },
	{ "DHCPv6 to a server",
	  ALL OWN IPV6("0008", "11", LOCAL6) "02220223"
	                                     "00080000",
	  PASSES },
	{ "DHCPv6 of a server",
	  ALL OWN IPV6("0008", "11", LOCAL6) "02230222"
	                                     "00080000",
	  GUARD_DHCP },
	{ "listening, without an address",
	  ALL OWN IPV6("0010", "00", NONE6) "3a00050200000100"
	                                    "8f00000000000000",
	  PASSES },
	{ "echo without an address", ALL OWN IPV6("0008", "3a", NONE6) "8000000000000000",
	  GUARD_ADDRESS },
};

static void ipv6_is_checked_behind_all_headers(struct verdict *v)
{
	OWNED(guarded_release) struct guarded g = { { .fd = -1 }, GUARD_CLOSED };

	guarded_make(v, &g, 0);
	expect_all(v, &g, ipv6_examples, COUNT_OF(ipv6_examples), TOKEN);
}

static void nobody_else_sends_as_an_endpoint(struct verdict *v)
{
	static const struct example examples[] = {
		{ "a stranger", ALL STRANGER IPV4("45", "4006", "0a000009") "00010002", PASSES },
		{ "a stranger's router",
		  ALL STRANGER IPV6("0010", "3a", "fe80000000000000000000fffe000099") RA, PASSES },
		{ "its DHCP",
		  ALL STRANGER IPV4("45", "4011", "0a000009") "00430044"
		                                              "00080000",
		  PASSES },
		{ "its own protocol",
		  ALL STRANGER "88b5"
		               "0000",
		  PASSES },
		{ "its half of ARP",
		  ALL STRANGER "0806"
		               "0001",
		  PASSES },
		{ "an endpoint's MAC", ALL OWN IPV4("45", "4006", "0a000009") "00010002",
		  GUARD_BYPASS },
		{ "an endpoint's ARP", ALL STRANGER ARP("0002", STRANGER, OWN4), GUARD_CLAIM },
		{ "an endpoint's IPv4", ALL STRANGER IPV4("45", "4006", OWN4) "00010002",
		  GUARD_ADDRESS },
		{ "an endpoint's IPv6", ALL STRANGER IPV6("0004", "06", OWN6) "00010002",
		  GUARD_ADDRESS },
		{ "an endpoint's NA", ALL STRANGER IPV6("0018", "3a", OTHER6) ND("88", OWN6),
		  GUARD_CLAIM },
	};
	OWNED(guarded_release) struct guarded g = { { .fd = -1 }, GUARD_CLOSED };

	guarded_make(v, &g, 0);
	expect_all(v, &g, examples, COUNT_OF(examples), 0);
}

static void a_stamp_is_worth_nothing_with_another_token(struct verdict *v)
{
	const char *frame = ALL OWN IPV4("45", "4006", OWN4) "00010002";
	OWNED(guarded_release) struct guarded g = { { .fd = -1 }, GUARD_CLOSED };

	guarded_make(v, &g, 0);
	expect(v, run(g.guard.program, frame, &own, TOKEN, 1) == TC_ACT_UNSPEC, "its own");
	expect(v, run(g.guard.program, frame, &own, OTHER_TOKEN, 1) == TC_ACT_SHOT, "another's");
	expect(v, run(g.guard.program, frame, &neighbour, OTHER_TOKEN, 1) == TC_ACT_SHOT,
	       "the neighbour's stamp with this MAC address");
}

static void exceptions_are_allowed_one_by_one(struct verdict *v)
{
	static const struct example dhcp[] = {
		{ "DHCP",
		  ALL OWN IPV4("45", "4011", OWN4) "00430044"
		                                   "00080000",
		  PASSES },
		{ "a router", ALL OWN IPV6("0010", "3a", LOCAL6) RA, GUARD_RA },
	};
	static const struct example router[] = {
		{ "DHCP",
		  ALL OWN IPV4("45", "4011", OWN4) "00430044"
		                                   "00080000",
		  GUARD_DHCP },
		{ "a router", ALL OWN IPV6("0010", "3a", LOCAL6) RA, PASSES },
	};
	static const struct example any[] = {
		{ "nobody's address", ALL OWN IPV4("45", "4006", "0a000009") "00010002", PASSES },
		{ "its ARP", ALL OWN ARP("0002", OWN, "0a000009"), PASSES },
		{ "another's address", ALL OWN IPV4("45", "4006", OTHER4) "00010002",
		  GUARD_ADDRESS },
		{ "another's ARP", ALL OWN ARP("0002", OWN, OTHER4), GUARD_CLAIM },
		{ "another MAC", ALL STRANGER IPV4("45", "4006", "0a000009") "00010002",
		  GUARD_MAC },
	};
	static const struct example unchecked[] = {
		{ "a stranger's MAC", ALL STRANGER IPV4("45", "4006", "0a000009") "00010002",
		  PASSES },
		{ "any protocol",
		  ALL OWN "88b5"
		          "0000",
		  PASSES },
		{ "a router", ALL OWN IPV6("0010", "3a", "fe80000000000000000000fffe000099") RA,
		  PASSES },
		{ "another endpoint's MAC", ALL NEIGHBOUR IPV4("45", "4006", "0a000009") "00010002",
		  GUARD_MAC },
		{ "another endpoint's address", ALL OWN IPV4("45", "4006", OTHER4) "00010002",
		  GUARD_ADDRESS },
		{ "its ARP", ALL OWN ARP("0002", OWN, OTHER4), GUARD_CLAIM },
		{ "its advertisement", ALL OWN IPV6("0018", "3a", NONE6) ND("88", OTHER6),
		  GUARD_CLAIM },
	};
	static const struct {
		uint32_t may;
		const struct example *examples;
		size_t n;
	} cases[] = {
		{ GUARD_DHCP_SERVER, dhcp, COUNT_OF(dhcp) },
		{ GUARD_ROUTER, router, COUNT_OF(router) },
		{ GUARD_ANY_ADDRESS, any, COUNT_OF(any) },
		{ GUARD_UNCHECKED, unchecked, COUNT_OF(unchecked) },
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		OWNED(guarded_release) struct guarded g = { { .fd = -1 }, GUARD_CLOSED };
		guarded_make(v, &g, cases[i].may);
		expect_all(v, &g, cases[i].examples, cases[i].n, TOKEN);
	}
}

int main(void)
{
	static const struct unit units[] = {
		UNIT(an_endpoint_sends_as_itself_alone),
		UNIT(ipv6_is_checked_behind_all_headers),
		UNIT(nobody_else_sends_as_an_endpoint),
		UNIT(a_stamp_is_worth_nothing_with_another_token),
		UNIT(exceptions_are_allowed_one_by_one),
	};

	return units_run(units, COUNT_OF(units));
}
