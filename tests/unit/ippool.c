/* SPDX-License-Identifier: Apache-2.0 */
/* Entries of whereabouts' IPPool. */
#include "expose/addresses/ippool.h"
#include "tests/unit/unit.h"

/* Reads the block 192.0.2.0/28 as a text: '.' nobody, 'o' another, 'n' the node "u" of pool lan. */
static bool part_text(const char *object, char text[static BLOCK_SIZE + 1])
{
	const struct ip first = { AF_INET, { 192, 0, 2, 0 } };
	OWNED(ippool_release) struct ippool pool = { .text = strdup(object) };
	const size_t length = strlen(object);
	struct ippool_part part;
	struct failure f = { 0 };
	const char *why;
	size_t at;

	text[0] = '\0';
	if (!pool.text || !json_check(pool.text, length, &why, &at) ||
	    ippool_read(&pool, length, &f) < 0)
		return false;
	ippool_part(&pool, "lan", &first, &part);
	for (unsigned i = 0; i < BLOCK_SIZE; i++)
		text[i] = ".on"[part.holder[i]];
	text[BLOCK_SIZE] = '\0';
	return true;
}

#define META "\"metadata\":{\"resourceVersion\":\"7\"},"
#define POOL(range, entries) \
	"{" META "\"spec\":{\"range\":\"" range "\",\"allocations\":{" entries "}}}"
#define ENTRY(offset, id, podref) "\"" offset "\":{\"id\":\"" id "\",\"podref\":\"" podref "\"}"

static void an_entry_takes_its_address_whatever_it_says(struct verdict *v)
{
	static const struct {
		const char *object, *text; /* NULL: refused */
	} cases[] = {
		{ POOL("192.0.2.0/24", ""), "................" },
		{ POOL("192.0.2.0/24", ENTRY("1", "c", "a/b")), ".o.............." },
		{ POOL("192.0.2.0/24", ENTRY("1", "podtap/lan/u/1", "")), ".n.............." },
		/* Not of our pool, of a pod, or without a node. */
		{ POOL("192.0.2.0/24", ENTRY("1", "podtap/other/u/1", "")), ".o.............." },
		{ POOL("192.0.2.0/24", ENTRY("1", "podtap/lan/u/1", "a/b")), ".o.............." },
		{ POOL("192.0.2.0/24", ENTRY("1", "podtap/lan/", "")), ".o.............." },
		{ POOL("192.0.2.0/24", ENTRY("1", "podtap", "")), ".o.............." },
		{ POOL("192.0.2.0/24", "\"1\":{}"), ".o.............." },
		{ POOL("192.0.2.0/24", "\"1\":null"), ".o.............." },
		{ POOL("192.0.2.0/24", "\"1\":[5]"), ".o.............." },
		/* One address, spelled twice. */
		{ POOL("192.0.2.0/24",
		       ENTRY("1", "podtap/lan/u/1", "") "," ENTRY("+01", "c", "a/b")),
		  ".o.............." },
		/* Outside the block, outside the network, and no number. */
		{ POOL("192.0.2.0/24", ENTRY("16", "c", "a/b") "," ENTRY("256", "c", "a/b")),
		  "................" },
		{ POOL("192.0.2.0/24", ENTRY("-1", "c", "a/b") "," ENTRY("", "c", "a/b")),
		  "................" },
		{ POOL("192.0.2.0/24", ENTRY("1x", "c", "a/b") "," ENTRY("1 ", "c", "a/b")),
		  "................" },
		{ POOL("192.0.2.0/24", ENTRY("18446744073709551617", "c", "a/b")),
		  "................" },
		{ POOL("192.0.2.0/24", ENTRY("9223372036854775808", "c", "a/b")),
		  "................" },
		/* A member twice, escapes, and a member that is no text. */
		{ POOL("192.0.2.0/24",
		       "\"1\":{\"podref\":\"a/b\",\"podref\":\"\",\"id\":\"podtap/lan/u/1\"}"),
		  ".n.............." },
		{ POOL("192.0.2.0/24",
		       "\"\\u0031\":{\"podref\":null,\"id\":\"podtap\\/lan\\/\\u0075/1\"}"),
		  ".n.............." },
		{ POOL("192.0.2.0/24", "\"1\":{\"podref\":\"\",\"id\":5}"), ".o.............." },
		{ POOL("10.0.0.0/24", ENTRY("1", "c", "a/b")), "................" },
		{ POOL("here", ""), NULL },
		{ "{" META "\"spec\":{\"range\":\"192.0.2.0/24\"}}", NULL },
		{ "{" META "\"spec\":{\"range\":\"192.0.2.0/24\",\"allocations\":[]}}", NULL },
		{ "{\"spec\":{\"range\":\"192.0.2.0/24\",\"allocations\":{}}}", NULL },
		{ "{" META "\"spec\":5}", NULL },
		{ "{" META, NULL },
		{ "[]", NULL },
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		char text[BLOCK_SIZE + 1];
		const bool good = part_text(cases[i].object, text);
		expect(v, good == (cases[i].text != NULL), "%s", cases[i].object);
		expect(v, strcmp(text, cases[i].text ? cases[i].text : "") == 0, "%s: %s",
		       cases[i].object, text);
	}
}

static void an_ippool_is_named_as_whereabouts_does(struct verdict *v)
{
	static const struct {
		const char *network_name, *subnet, *name;
	} cases[] = {
		{ "", "192.0.2.0/24", "192.0.2.0-24" },
		{ "blue", "192.0.2.0/24", "blue-192.0.2.0-24" },
		{ "", "fd00:1::/64", "fd00-1---64" },
		{ "a-b", "fd00::/64", "a-b-fd00---64" },
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		char name[IPPOOL_NAME] = "";
		struct cidr subnet;
		expect(v, cidr_parse(cases[i].subnet, &subnet), "%s", cases[i].subnet);
		expect(v,
		       strcmp(ippool_name(cases[i].network_name, &subnet, name), cases[i].name) ==
		               0,
		       "%s", name);
	}
}

/* Without the version, a patch would change what another has written since. */
static void a_patch_is_of_one_version_alone(struct verdict *v)
{
	OWNED(json_release) cJSON *patch = ippool_patch("7");
	struct cidr subnet;

	expect(v, cidr_parse("192.0.2.0/26", &subnet), "no subnet");
	const number first = cidr_span(&subnet).first;
	expect(v,
	       ippool_patch_hold(patch, &subnet, first + 5, false, "x") &&
	               ippool_patch_hold(patch, &subnet, first + 6, true, "y") &&
	               ippool_patch_drop(patch, &subnet, first + 7),
	       "no patch");
	OWNED(text_release) char *text = json_text(patch);
	static const char wanted[] =
	        "[{\"op\":\"test\",\"path\":\"/metadata/resourceVersion\",\"value\":\"7\"},"
	        "{\"op\":\"add\",\"path\":\"/spec/allocations/5\",\"value\":{\"id\":\"x\","
	        "\"podref\":\"\"}},"
	        "{\"op\":\"replace\",\"path\":\"/spec/allocations/6\",\"value\":{\"id\":\"y\","
	        "\"podref\":\"\"}},"
	        "{\"op\":\"remove\",\"path\":\"/spec/allocations/7\"}]";
	expect(v, same_text(text, wanted), "the patch is %s", text);
}

int main(void)
{
	static const struct unit units[] = {
		UNIT(an_entry_takes_its_address_whatever_it_says),
		UNIT(an_ippool_is_named_as_whereabouts_does),
		UNIT(a_patch_is_of_one_version_alone),
	};

	return units_run(units, COUNT_OF(units));
}
