/* SPDX-License-Identifier: Apache-2.0 */
/* The entries of a guard: whose each address is, and when the guard ends. */
#include "base/owned.h"
#include "netns/guard.h"
#include "tests/unit/guarded.h"

static void addresses_have_one_holder(struct verdict *v)
{
	struct guard_entry third = entry_of(&own, 3, "10.0.0.3", "fd00::2");
	const struct mac mac = { { 2, 0, 0, 0, 0, 3 } };
	OWNED(guarded_release) struct guarded g = { { .fd = -1 }, GUARD_CLOSED };
	struct failure f = { 0 };

	third.address[0] = guard_link_local(&mac);
	guarded_make(v, &g, 0);
	expect(v, guard_add(&g.guard, &mac, &third, &f) == FOUND_FAILED && f.code == CNI_AGAIN,
	       "%s", f.details);
	expect(v, guard_remove(&g.guard, &mac, 3, &f) == 0, "%s", f.details);
	expect(v, guard_remove(&g.guard, &neighbour, 1, &f) == 0, "another owner's");
	expect(v, guard_add(&g.guard, &mac, &third, &f) == FOUND_FAILED, "it was removed");
	expect(v, guard_remove(&g.guard, &mac, 3, &f) == 0, "%s", f.details);
	expect(v, guard_remove(&g.guard, &neighbour, OTHER_TOKEN, &f) == 0, "%s", f.details);
	f = (struct failure){ 0 };
	expect(v, guard_add(&g.guard, &mac, &third, &f) == FOUND, "%s", f.details);
	expect(v, guard_remove(&g.guard, &mac, 3, &f) == 0, "%s", f.details);
	expect(v, guard_end(&g.guard, &g.nl, &f) == 0, "%s", f.details);
	guard_release(&g.guard);
	expect(v, guard_find(&g.guard, &g.nl, if_nametoindex("lan0"), &f) == FOUND, "too early");
	expect(v, guard_remove(&g.guard, &own, TOKEN, &f) == 0, "%s", f.details);
	expect(v, guard_end(&g.guard, &g.nl, &f) == 0, "%s", f.details);
	guard_release(&g.guard);
	expect(v, guard_find(&g.guard, &g.nl, if_nametoindex("lan0"), &f) == FOUND_NONE, "there");
}

/* How many frames of 500 bytes pass at once at a rate, of `n`. */
static int passed_of(struct verdict *v, uint64_t rate, uint64_t burst, bool received, uint32_t n)
{
	static const char *const sent = "ffffffffffff"
	                                "020000000001"
	                                "0800"
	                                "45";
	static const char *const answer = "020000000001"
	                                  "ffffffffffff"
	                                  "0800"
	                                  "45";
	const enum guard_reason reason = received ? GUARD_RECEIVED : GUARD_SENT;
	OWNED(guarded_release) struct guarded g = { { .fd = -1 }, GUARD_CLOSED };
	struct guard_entry entry = entry_of(&own, TOKEN, "10.0.0.1", "fd00::1");
	struct failure f = { 0 };
	char frame[2 * 500 + 1];

	memset(frame, '0', sizeof frame - 1);
	memcpy(frame, received ? answer : sent, strlen(sent));
	frame[sizeof frame - 1] = 0;
	guarded_make(v, &g, 0);
	entry.may = GUARD_UNCHECKED;
	*(received ? &entry.received : &entry.sent) = guard_limit_of(rate, burst);
	expect(v, guard_write(&g.guard, &own, &entry, &f) == 0, "%s", f.details);
	expect(v, guard_limit_received(&g.guard, &g.nl, &f) == 0, "%s: %s", f.msg, f.details);
	run(received ? g.guard.limit : g.guard.program, frame, &own, TOKEN, n);
	expect(v, guard_read(&g.guard, &own, 0, &entry, &f) == FOUND, "%s", f.details);
	return (int)(n - entry.dropped[reason]);
}

/* A slow machine passes more frames: those of the time that it takes. The rates here give one frame
 * in four seconds. */
static void a_rate_is_a_limit_whatever_its_burst(struct verdict *v)
{
	static const struct {
		uint64_t rate, burst;
		int passes;
	} cases[] = {
		{ 0, 0, 1000 },   /* no limit */
		{ 1000, 0, 251 }, /* a megabit, and the frame that exceeds it */
		{ 1000, 1000, 251 },
		{ 1000, 34359738359, 251 }, /* as CRI-O has it */
		{ 2000000000000, 0, 1000 },
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++)
		for (int received = 0; received < 2; received++) {
			const int passes =
			        passed_of(v, cases[i].rate, cases[i].burst, received, 1000);
			expect(v, passes >= cases[i].passes && passes <= cases[i].passes + 10,
			       "%d of rate %llu", passes, (unsigned long long)cases[i].rate);
		}
}

int main(void)
{
	static const struct unit units[] = {
		UNIT(addresses_have_one_holder),
		UNIT(a_rate_is_a_limit_whatever_its_burst),
	};

	return units_run(units, COUNT_OF(units));
}
