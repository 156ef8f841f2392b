/* SPDX-License-Identifier: Apache-2.0 */
/* Which events count as the kernel's report of a tap's number. */
#include "netns/uevent.h"

#include "base/owned.h"
#include "tests/unit/unit.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <sys/sysmacros.h>

#define EVENT(action, subsystem, name, major, minor)                                        \
	action "@/devices/virtual/net/eth0/macvtap/" name "\0ACTION=" action                \
	       "\0DEVPATH=/devices/virtual/net/eth0/macvtap/" name "\0SUBSYSTEM=" subsystem \
	       "\0MAJOR=" major "\0MINOR=" minor "\0DEVNAME=" name "\0SEQNUM=4711"
#define OURS EVENT("add", "macvtap", "tap77", "244", "5")

#define TEXT(literal) literal, sizeof(literal)

static const struct {
	const char *name;
	const char *event;
	size_t size;
	bool told;
} events[] = {
	{ "the making of the tap", TEXT(OURS), true },
	{ "another tap's", TEXT(EVENT("add", "macvtap", "tap7", "244", "5")), false },
	{ "its removal", TEXT(EVENT("remove", "macvtap", "tap77", "244", "5")), false },
	{ "another kind of device's", TEXT(EVENT("add", "tty", "tap77", "4", "5")), false },
	{ "a number with more after it", TEXT(EVENT("add", "macvtap", "tap77", "244", "5x")),
	  false },
	{ "no number", TEXT("add@/x\0ACTION=add\0SUBSYSTEM=macvtap\0DEVNAME=tap77"), false },
	{ "cut off in a key", OURS, 40, false },
	{ "nothing in it", TEXT(""), false },
};

struct wire {
	int ours, kernels;
};

static struct wire wire_open(void)
{
	int ends[2];
	if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) < 0)
		abort();
	return (struct wire){ ends[0], ends[1] };
}

static void wire_release(struct wire *w)
{
	fd_release(&w->ours);
	fd_release(&w->kernels);
}

static void say(const struct wire *w, const char *event, size_t size)
{
	if (send(w->kernels, event, size, 0) != (ssize_t)size)
		abort();
}

static void only_the_add_event_of_the_tap_gives_its_number(struct verdict *v)
{
	for (size_t i = 0; i < COUNT_OF(events); i++) {
		OWNED(wire_release) struct wire w = wire_open();
		struct failure f = { 0 };
		dev_t number = 0;

		say(&w, events[i].event, events[i].size);
		const bool told = uevent_tap_number(w.ours, 77, &number, &f) == 0;
		expect(v, told == events[i].told, "%s: %s", events[i].name,
		       told ? "told" : "not told");
		expect(v, !told || number == makedev(244, 5), "%s: a wrong number", events[i].name);
	}
}

static void events_of_other_devices_are_ignored(struct verdict *v)
{
	static const char other[] = EVENT("add", "net", "eth0", "0", "0");
	OWNED(wire_release) struct wire w = wire_open();
	struct failure f = { 0 };
	dev_t number = 0;

	say(&w, other, sizeof other);
	say(&w, OURS, sizeof OURS);
	expect(v, uevent_tap_number(w.ours, 77, &number, &f) == 0, "not found: %s", f.details);
	expect(v, number == makedev(244, 5), "a wrong number");
}

static void silence_is_a_failure(struct verdict *v)
{
	OWNED(wire_release) struct wire w = wire_open();
	struct failure f = { 0 };
	dev_t number = 0;

	expect(v, uevent_tap_number(w.ours, 77, &number, &f) < 0, "a number out of nothing");
	expect(v, f.code == CNI_AGAIN, "code %d", f.code);
}

int main(void)
{
	static const struct unit units[] = {
		UNIT(only_the_add_event_of_the_tap_gives_its_number),
		UNIT(events_of_other_devices_are_ignored),
		UNIT(silence_is_a_failure),
	};
	return units_run(units, COUNT_OF(units));
}
