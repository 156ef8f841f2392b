/* SPDX-License-Identifier: Apache-2.0 */
/* The JSON of pools and blocks, as an engine stores them. */
#include "expose/addresses/claim.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>

static cJSON *parse(const char *text)
{
	struct failure f = { 0 };

	return json_parse(text, strlen(text), "test", &f);
}

static void a_pool_has_defaults(struct verdict *v)
{
	OWNED(json_release)
	cJSON *json = parse("{\"metadata\":{\"name\":\"lan\",\"resourceVersion\":\"7\","
	                    "\"finalizers\":[\"x\",\"" POOL_FINALIZER "\"],"
	                    "\"creationTimestamp\":\"2026-11-28T21:40:16Z\"},"
	                    "\"spec\":{\"sets\":[{\"subnet\":\"10.0.0.0/24\"}]}}");
	OWNED(address_pool_release) struct address_pool p = { .n_sets = 0 };
	struct failure f = { 0 };
	char text[IP_TEXT];

	expect(v, pool_read(&p, json, &f) == 0, "%s: %s", f.msg, f.details);
	expect(v, same_text(p.name, "lan") && same_text(p.version, "7"), "name %s version %s",
	       p.name, p.version);
	expect(v, p.born == 20261128214016, "born %lld", (long long)p.born);
	expect(v, p.finalizer && !p.deleting, "finalizer %d, deleting %d", p.finalizer, p.deleting);
	expect(v,
	       p.spare == 2 && p.max_per_node == 64 && p.hold_down == 60 && p.size == 0 &&
	               p.reclaim_after == 600,
	       "spare %u, of a node %u, hold down %u, reclaim after %u", p.spare, p.max_per_node,
	       p.hold_down, p.reclaim_after);
	expect(v, same_text(ip_format(&p.sets[0].range.end, text), "10.0.0.254"), "end %s", text);
}

static void a_pool_that_cannot_serve_is_refused(struct verdict *v)
{
	static const struct {
		const char *name, *spec, *why;
	} cases[] = {
		{ "Lan", "{\"sets\":[{\"subnet\":\"10.0.0.0/24\"}]}", "the pool's name \"Lan\"" },
		{ "../x", "{\"sets\":[{\"subnet\":\"10.0.0.0/24\"}]}", "the pool's name \"../x\"" },
		{ "lan", "{}", "pool lan: configuration key spec.sets is absent" },
		{ "lan", "{\"sets\":[]}", "pool lan: spec.sets is empty" },
		{ "lan", "{\"sets\":[{}]}",
		  "pool lan: configuration key spec.sets[0].subnet is absent" },
		{ "lan", "{\"sets\":[{\"subnet\":\"10.0.0.1/24\"}]}",
		  "pool lan: network 10.0.0.1/24 has host bits set" },
		{ "lan", "{\"sets\":[{\"subnet\":\"fd00::/64\"}]}",
		  "pool lan: configuration key spec.sets[0].subnet is \"fd00::/64\"" },
		{ "lan", "{\"sets\":[{\"subnet\":\"10.0.0.0/24\"},{\"subnet\":\"10.0.0.0/25\"}]}",
		  "pool lan: range 10.0.0.1-10.0.0.126 of 10.0.0.0/25 overlaps with "
		  "10.0.0.1-10.0.0.254 of 10.0.0.0/24" },
		{ "lan", "{\"sets\":[{\"subnet\":\"10.0.0.0/24\"}],\"holdDown\":\"9w\"}",
		  "pool lan: configuration key spec.holdDown is \"9w\"" },
		{ "lan", "{\"sets\":[{\"subnet\":\"10.0.0.0/24\"}],\"claim\":{\"size\":3}}",
		  "pool lan: configuration key spec.claim.size is 3" },
		{ "lan", "{\"sets\":[{\"subnet\":\"10.0.0.0/24\",\"exclude\":[\"10.0.0.1/8\"]}]}",
		  "pool lan: configuration key spec.sets[0].exclude[0] is \"10.0.0.1/8\"" },
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		char text[512];
		snprintf(text, sizeof text, "{\"metadata\":{\"name\":\"%s\"},\"spec\":%s}",
		         cases[i].name, cases[i].spec);
		OWNED(json_release) cJSON *json = parse(text);
		OWNED(address_pool_release) struct address_pool p = { .n_sets = 0 };
		struct failure f = { 0 };
		expect(v, pool_read(&p, json, &f) < 0 && same_text(f.msg, cases[i].why),
		       "%s is answered with: %s", text, f.msg);
	}
}

static void what_others_wrote_into_a_pool_stays(struct verdict *v)
{
	OWNED(json_release)
	cJSON *json = parse("{\"metadata\":{\"name\":\"lan\",\"finalizers\":[\"x\"]},"
	                    "\"spec\":{\"sets\":[{\"subnet\":\"10.0.0.0/24\"}],\"new\":1},"
	                    "\"status\":{\"other\":2,\"waiting\":[{\"node\":\"a\"},"
	                    "{\"node\":\"b\",\"nodeUID\":\"u\"}]}}");
	OWNED(address_pool_release)
	struct address_pool p = { .n_sets = 0 }, again = { .n_sets = 0 };
	struct failure f = { 0 };

	expect(v, pool_read(&p, json, &f) == 0 && p.n_waiting == 1, "%zu wait", p.n_waiting);
	p.finalizer = true;
	snprintf(p.refused, sizeof p.refused, "overlaps");
	snprintf(p.came_back, sizeof p.came_back, "a.example");
	p.nearly_full = true;
	expect(v, pool_write(&p, json, &f) == 0, "%s", f.msg);
	OWNED(text_release) char *text = json_text(json);
	expect(v,
	       strstr(text, "\"finalizers\":[\"x\",\"" POOL_FINALIZER "\"]") &&
	               strstr(text, "\"new\":1") && strstr(text, "\"other\":2"),
	       "%s", text);
	OWNED(json_release) cJSON *read = parse(text);
	expect(v,
	       pool_read(&again, read, &f) == 0 && again.finalizer &&
	               same_text(again.refused, "overlaps") && again.n_waiting == 1 &&
	               again.nearly_full && same_text(again.came_back, "a.example"),
	       "%s", text);
}

static bool requests_equal(const struct address_pool *a, const struct address_pool *b)
{
	const struct pool_waiting *w = b->waiting, *x = a->waiting;
	const struct pool_handed *h = b->handed, *k = a->handed;

	return a->n_waiting == b->n_waiting && a->n_handed == b->n_handed &&
	       same_text(w->uid, x->uid) && w->id == x->id && w->count == x->count &&
	       w->spare == x->spare && w->set == x->set && same_text(h->node, k->node) &&
	       same_text(h->uid, k->uid) && same_text(h->since, k->since) && h->id == k->id &&
	       ip_equal(&h->first, &k->first) && same_text(h->before, k->before) &&
	       same_text(h->version, k->version) && h->addresses == k->addresses;
}

static void requests_and_answers_of_a_pool_are_read_as_they_were_written(struct verdict *v)
{
	struct address_pool p = { .n_waiting = 2, .n_handed = 1 }, again = { .n_waiting = 0 };
	OWNED(json_release) cJSON *status = cJSON_CreateObject();

	p.waiting[0] = (struct pool_waiting){ "a", "u", 0xa1, 3, 1, 1 };
	p.waiting[1] = (struct pool_waiting){ "b", "w", 0, 0, 0, 0 };
	p.handed[0] = (struct pool_handed){ "c",
		                            "x",
		                            "2026-01-02T03:04:05Z",
		                            0xb2,
		                            { .family = AF_INET, .byte = { 10, 0, 0, 16 } },
		                            "5",
		                            "9",
		                            0x8001 };
	cJSON_AddItemToObject(status, "waiting", pool_waiting_json(&p));
	cJSON_AddItemToObject(status, "handed", pool_handed_json(&p));
	OWNED(text_release) char *text = json_text(status);
	OWNED(json_release) cJSON *read = parse(text);
	pool_requests_read(&again, read);
	expect(v, requests_equal(&p, &again), "%s", text);
}

static void the_block_of_an_answer_is_read_as_it_was_written(struct verdict *v)
{
	OWNED(json_release)
	cJSON *json = parse("{\"metadata\":{\"name\":\"lan\"},\"spec\":{\"sets\":"
	                    "[{\"subnet\":\"10.0.0.0/24\"}]}}");
	OWNED(address_pool_release)
	struct address_pool p = { .n_sets = 0 }, again = { .n_sets = 0 };
	struct failure f = { 0 };

	expect(v, pool_read(&p, json, &f) == 0 && !*p.latest.pool, "it has a block");
	p.latest = (struct address_block){ .pool = "lan", .version = "9", .n_claims = 1 };
	p.latest.first = set_block(&p.sets[0], 1);
	p.latest.claims[0] =
	        (struct claim){ 2, 2, CLAIM_ACTIVE, 0, "n", "u", "2026-01-02T03:04:05Z" };
	p.latest.used = 4;
	expect(v, pool_write(&p, json, &f) == 0, "%s", f.msg);
	OWNED(text_release) char *text = json_text(json);
	OWNED(json_release) cJSON *read = parse(text);
	expect(v,
	       pool_read(&again, read, &f) == 0 &&
	               memcmp(&p.latest, &again.latest, sizeof p.latest) == 0,
	       "%s", text);
}

static void what_cannot_be_an_answer_of_a_node_is_left_out(struct verdict *v)
{
	static const char *const cases[] = {
		"{\"handed\":1,\"waiting\":{}}",
		"{\"latest\":{\"metadata\":{\"name\":\"lan.0a000010\"}}}",
		"{\"latest\":{\"metadata\":{\"name\":\"lan.0a000010\",\"resourceVersion\":\"5\"},"
		"\"spec\":{\"claims\":1}}}",
		"{\"handed\":[{\"node\":\"a\"},2]}",
		"{\"handed\":[{\"node\":\"a\",\"nodeUID\":\"u\",\"id\":\"00000000000000a1\","
		"\"block\":\"0a000010\",\"before\":\"1\",\"version\":\"2\",\"offsets\":[16]}]}",
		"{\"handed\":[{\"node\":\"a\",\"nodeUID\":\"u\",\"id\":\"00000000000000a1\","
		"\"block\":\"0a000011\",\"before\":\"1\",\"version\":\"2\",\"offsets\":[1]}]}",
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		OWNED(json_release) cJSON *json = parse(cases[i]);
		struct address_pool p = { .n_waiting = 0 };
		pool_requests_read(&p, json);
		expect(v, p.n_waiting == 0 && p.n_handed == 0 && !*p.latest.pool, "%s is read",
		       cases[i]);
	}
}

#define BLOCK(claims)                                                                   \
	"{\"metadata\":{\"name\":\"lan.0a000010\",\"resourceVersion\":\"5\"},\"spec\":" \
	"{\"claims\":" claims "}}"
#define CLAIM(offset, count, rest)                                                       \
	"{\"offset\":" #offset ",\"count\":" #count ",\"node\":\"n\",\"nodeUID\":\"u\"," \
	"\"since\":\"t\"" rest "}"

static void a_block_is_read_as_it_was_written(struct verdict *v)
{
	OWNED(json_release)
	cJSON *json = parse(BLOCK("[" CLAIM(0, 4, ",\"state\":\"active\"") "," CLAIM(
	        4, 12, ",\"state\":\"lost\"") "]"));
	struct address_block b = { .n_claims = 0 }, again = { .n_claims = 0 };
	struct failure f = { 0 };

	expect(v, block_read(&b, json, &f) == 0 && !b.foreign && b.n_claims == 2, "%s", f.msg);
	OWNED(json_release) cJSON *made = block_json(&b);
	OWNED(text_release) char *text = json_text(made);
	OWNED(json_release) cJSON *read = parse(text);
	expect(v, block_read(&again, read, &f) == 0 && memcmp(&b, &again, sizeof b) == 0, "%s",
	       text);
	expect(v, strstr(text, "\"labels\":{\"" BLOCK_LABEL "u\":\"\"}") != NULL, "%s", text);
	expect(v, strstr(text, "\"cidr\":\"10.0.0.16/28\"") != NULL, "%s", text);
}

#define OWNED_CLAIM(offset, uid, state)                                         \
	"{\"offset\":" #offset ",\"count\":1,\"node\":\"n\",\"nodeUID\":\"" uid \
	"\",\"since\":\"t\",\"claim\":\"00000000000000a1\",\"state\":\"" state "\"}"

static void two_nodes_may_have_an_address_of_an_owner(struct verdict *v)
{
	OWNED(json_release)
	cJSON *json = parse(
	        "{\"metadata\":{\"name\":\"lan.0a000010\"},\"spec\":{\"claims\":"
	        "[" CLAIM(0, 4, ",\"state\":\"active\"") "," OWNED_CLAIM(
	                5, "u", "active") "," OWNED_CLAIM(5, "w", "idle") "],"
	                                                                  "\"reclaimed\":[5,7]}}");
	struct address_block b = { .n_claims = 0 }, again = { .n_claims = 0 };
	const struct claimant third = { "x", "x" };
	struct failure f = { 0 };
	char names[64];

	expect(v, block_read(&b, json, &f) == 0 && !b.foreign && b.n_claims == 3, "%s", f.msg);
	expect(v, b.reclaimed == 0xa0 && block_claimed(&b) == 0x2f, "%x", block_claimed(&b));
	expect(v, block_own(&b, "u", CLAIM_ACTIVE) == 0xf, "an owner's address is the node's");
	OWNED(json_release) cJSON *made = block_json(&b);
	OWNED(text_release) char *text = json_text(made);
	OWNED(json_release) cJSON *read = parse(text);
	expect(v, block_read(&again, read, &f) == 0 && memcmp(&b, &again, sizeof b) == 0, "%s",
	       text);
	/* A node takes the place of one whose claim is idle. */
	expect(v,
	       bound_set(&b, 5, 0xa1, &third, CLAIM_ACTIVE) && b.n_claims == 3 &&
	               bound_find(&b, 5, 0xa1, "x") && !bound_find(&b, 5, 0xa1, "w"),
	       "%zu claims", b.n_claims);
	expect(v, bound_others(&b, 5, 0xa1, "x", names, sizeof names) == 1 && same_text(names, "n"),
	       "%s", names);
}

static void a_reclaimed_address_is_proved_by_ten_seconds_of_use(struct verdict *v)
{
	struct address_pool pool = { .name = "lan", .n_sets = 1 };
	const struct claimant me = { "n", "u" };
	struct address_block b = { .pool = "lan", .reclaimed = 0x6 };
	struct failure f = { 0 };
	struct claimer c;

	expect(v,
	       cidr_parse("10.0.0.0/24", &pool.sets[0].range.subnet) &&
	               range_complete(&pool.sets[0].range, &f) == 0,
	       "%s", f.msg);
	b.first = set_block(&pool.sets[0], 1);
	block_assign(&b, 0xff, &me, CLAIM_ACTIVE);
	claimer_begin(&c, &me, "lan");
	claimer_pool(&c, &pool, 0);
	claimer_own(&c, &b, 0);
	struct stake *h = claimer_find(&c, &b.first);
	expect(v, h && !claimer_served(&c, h), "a former write may take them away");
	claimer_vouch(h, 0xffff);
	expect(v, claimer_unproved(&c, h) == 0x6, "both are unproved");
	claimer_use(h, 0x6, 1000);
	claimer_use(h, 0x4, 6000); /* an ADD found the first one in use on the LAN */
	claimer_use(h, 0x0, 20000);
	expect(v, claimer_unproved(&c, h) == 0x2, "%x", claimer_unproved(&c, h));
	claimer_release(&c);
}

static void a_binding_is_read_as_it_was_written(struct verdict *v)
{
	struct address_binding b = { .pool = "lan",
		                     .number = 0xa1,
		                     .version = "",
		                     .set = 1,
		                     .owner = { OWNER_VM, "default", "web", "net1" } };
	struct address_binding again = { .set = 0 };
	struct failure f = { 0 };

	expect(v, ip_parse("fd00::5", &b.ip), "an address");
	OWNED(json_release) cJSON *made = binding_json(&b);
	OWNED(text_release) char *text = json_text(made);
	OWNED(json_release) cJSON *read = parse(text);
	expect(v, binding_read(&again, read, &f) == 0 && memcmp(&b, &again, sizeof b) == 0, "%s",
	       text);
	static const char *const refused[] = {
		"{}",
		"{\"metadata\":{\"name\":\"lan.a1\"}}",
		"{\"metadata\":{\"name\":\"lan.00000000000000a1\"},\"spec\":{\"kind\":\"pod\","
		"\"namespace\":\"a\","
		"\"name\":\"b\"}}",
		"{\"metadata\":{\"name\":\"lan.00000000000000a1\"},\"spec\":{\"kind\":\"x\","
		"\"namespace\":\"a\","
		"\"name\":\"b\",\"address\":\"10.0.0.1\"}}",
	};
	for (size_t i = 0; i < COUNT_OF(refused); i++) {
		OWNED(json_release) cJSON *json = parse(refused[i]);
		struct failure why = { 0 };
		expect(v, binding_read(&again, json, &why) < 0, "%s is read", refused[i]);
	}
}

static void a_block_that_is_not_understood_is_foreign(struct verdict *v)
{
	static const char *const cases[] = {
		BLOCK("{}"),
		BLOCK("[1]"),
		BLOCK("[" CLAIM(0, 4, "") "]"),
		BLOCK("[" CLAIM(0, 4, ",\"state\":\"new\"") "]"),
		BLOCK("[" CLAIM(0, 17, ",\"state\":\"active\"") "]"),
		BLOCK("[" CLAIM(-1, 1, ",\"state\":\"active\"") "]"),
		BLOCK("[" CLAIM(8, 9, ",\"state\":\"active\"") "]"),
		BLOCK("[" CLAIM(0, 1, ",\"state\":\"active\",\"claim\":\"a/b\"") "]"),
		BLOCK("[" CLAIM(0, 2, ",\"state\":\"active\"") "," CLAIM(
		        1, 1, ",\"state\":\"active\"") "]"),
		BLOCK("[" CLAIM(0, 2, ",\"state\":\"active\",\"claim\":\"00000000000000a1\"") "]"),
		BLOCK("[" CLAIM(0, 1, ",\"state\":\"idle\"") "]"),
		BLOCK("[" OWNED_CLAIM(0, "u", "active") "," OWNED_CLAIM(0, "u", "active") "]"),
		BLOCK("[" OWNED_CLAIM(0, "u", "active") "," OWNED_CLAIM(
		        0, "w", "active") "," OWNED_CLAIM(0, "x", "active") "]"),
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		OWNED(json_release) cJSON *json = parse(cases[i]);
		struct address_block b = { .n_claims = 0 };
		struct failure f = { 0 };
		expect(v, block_read(&b, json, &f) == 0 && b.foreign, "%s: %s", cases[i], f.msg);
	}
}

static void a_block_has_a_name_of_its_pool_and_address(struct verdict *v)
{
	static const char *const refused[] = { "lan",          "lan.",          "lan.0a00001",
		                               "lan.0a000011", "lan.0A000010",  ".0a000010",
		                               "La.0a000010",  "lan.0a000010.x" };
	char name[BLOCK_NAME], text[128];
	struct ip ip;

	expect(v,
	       ip_parse("fd00::10", &ip) && same_text(block_name("lan", &ip, name),
	                                              "lan.fd000000000000000000000000000010"),
	       "%s", name);
	for (size_t i = 0; i < COUNT_OF(refused); i++) {
		snprintf(text, sizeof text, "{\"metadata\":{\"name\":\"%s\"}}", refused[i]);
		OWNED(json_release) cJSON *json = parse(text);
		struct address_block b = { .n_claims = 0 };
		struct failure f = { 0 };
		expect(v, block_read(&b, json, &f) < 0, "%s is read", refused[i]);
	}
}

int main(void)
{
	static const struct unit units[] = {
		UNIT(a_pool_has_defaults),
		UNIT(a_pool_that_cannot_serve_is_refused),
		UNIT(what_others_wrote_into_a_pool_stays),
		UNIT(requests_and_answers_of_a_pool_are_read_as_they_were_written),
		UNIT(the_block_of_an_answer_is_read_as_it_was_written),
		UNIT(what_cannot_be_an_answer_of_a_node_is_left_out),
		UNIT(a_block_is_read_as_it_was_written),
		UNIT(two_nodes_may_have_an_address_of_an_owner),
		UNIT(a_binding_is_read_as_it_was_written),
		UNIT(a_reclaimed_address_is_proved_by_ten_seconds_of_use),
		UNIT(a_block_that_is_not_understood_is_foreign),
		UNIT(a_block_has_a_name_of_its_pool_and_address),
	};

	return units_run(units, COUNT_OF(units));
}
