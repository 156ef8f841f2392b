/* SPDX-License-Identifier: Apache-2.0 */
/* Starting the process that sets links down and up, and what it does. */
#include "expose/nri/yielder.h"

#include "base/name.h"
#include "expose/common/companion.h"
#include "expose/common/confine.h"
#include "expose/common/daemon.h"
#include "expose/nri/guests.h"
#include "netns/rarp.h"
#include "record/ifindex.h"
#include "record/yield.h"

#include <linux/capability.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

struct work {
	struct host host;
	int rarp; /* -1: announcements do not matter */
	struct guests guests;
	struct yield_order order;
};

static bool order_names(const struct yield_order *o, dev_t tap)
{
	for (size_t i = 0; i < o->n; i++)
		if (o->tap[i] == tap)
			return true;
	return false;
}

static enum found turn(const struct work *w, const struct endpoint *e, uint32_t master, bool up)
{
	struct failure why = { 0 };
	const enum found changed = endpoint_set_up(e, &w->host, master, up, &why);

	if (changed == FOUND_FAILED)
		log_failure(&why);
	else if (changed)
		log_event("interface %s of container %s is %s", e->ifname, e->container_id,
		          up ? "up" : "down");
	return changed;
}

/* A runtime may report the end of the container before the one that has the tap now, and late.
 * After a restart nothing is known: then every report counts. */
static bool is_former(const struct work *w, dev_t tap)
{
	const struct guest *known = guests_find(&w->guests, tap);

	return w->order.container && known && known->container &&
	       known->container != w->order.container;
}

static int on_ordered(const struct endpoint *e, const struct failure *error, void *data)
{
	struct work *w = data;
	struct failure refusal = { 0 };

	if (error || !order_names(&w->order, e->tap.number) || endpoint_is_guests(e, &refusal) < 0)
		return 0;
	if (w->order.up)
		guests_note(&w->guests, e, w->order.container);
	else if (is_former(w, e->tap.number))
		return 0;
	turn(w, e, 0, w->order.up);
	return 0;
}

/* Notes a guest that was here before this process. */
static int on_present(const struct endpoint *e, const struct failure *error, void *data)
{
	struct work *w = data;
	struct failure refusal = { 0 };

	if (!error && endpoint_is_guests(e, &refusal) == 0)
		guests_note(&w->guests, e, 0);
	return 0;
}

static bool order_is_valid(const struct yield_order *o)
{
	return memchr(o->pod, '\0', sizeof o->pod) && identifier_valid(o->pod) &&
	       o->n <= TAPS_DEVICES_MAX;
}

static int order_execute(struct work *w, struct failure *f)
{
	const struct endpoint_visit visitor = { .on_record = on_ordered, .data = w };

	return endpoint_each_of(w->order.pod, &visitor, f);
}

/* Executes an order. Returns false when the first process has ended, or does not speak. */
static bool on_order(struct work *w, int fd)
{
	struct failure why = { 0 };
	const ssize_t got = recv(fd, &w->order, sizeof w->order, MSG_DONTWAIT);

	if (got < 0 && (errno == EINTR || errno == EAGAIN))
		return true;
	if (got != sizeof w->order || !order_is_valid(&w->order))
		return false;
	if (order_execute(w, &why) < 0)
		log_failure(&why);
	return true;
}

/* Only mode bridge hands a neighbour's frames to the link without the LAN, and in mode vepa the
 * switch may send back what a guest here has sent. Returns whether the guest may be here still: its
 * address may be in use on the LAN of another master, too. */
static bool guest_leave(const struct work *w, const struct guest *guest, uint32_t master)
{
	OWNED(endpoint_release) struct endpoint e = { .source = NULL };
	struct attachment_name name;
	struct failure why = { 0 };

	if (ifindex_owner(guest->ifindex, &name, &why) > 0 &&
	    endpoint_read(name.container_id, name.ifname, &e, &why) == FOUND &&
	    e.tap.number == guest->tap && e.mode && strcmp(e.mode, "bridge") == 0)
		return turn(w, &e, master, false) == FOUND_NONE;
	if (why.code)
		log_failure(&why);
	return false;
}

static void on_announcement(struct work *w)
{
	struct guest *guest = NULL;
	struct failure why = { 0 };
	struct mac mac;
	uint32_t master;
	const int heard = rarp_read(w->rarp, &mac, &master, &why);

	if (heard < 0)
		log_failure(&why);
	if (heard <= 0)
		return;
	while ((guest = guests_here(&w->guests, &mac, guest)))
		guest->here = guest_leave(w, guest, master);
}

/* Works until the first process has ended. */
static void work_on(struct work *w, int fd)
{
	struct pollfd ready[] = { { .fd = fd, .events = POLLIN },
		                  { .fd = w->rarp, .events = POLLIN } };

	do {
		ready[0].revents = ready[1].revents = 0;
		if (poll(ready, 2, -1) < 0 && errno != EINTR)
			return;
		if (ready[1].revents)
			on_announcement(w);
	} while (!ready[0].revents || on_order(w, fd));
}

static int work_open(struct work *w, bool announced, struct failure *f)
{
	const struct endpoint_visit visitor = { .on_record = on_present, .data = w };

	if (host_open(&w->host, f) < 0)
		return -1;
	if (!announced)
		return 0;
	w->rarp = rarp_open(f);
	return w->rarp < 0 ? -1 : endpoint_each(&visitor, f);
}

/* The whole life of the process. Returns its exit code. */
static int live(int fd, const void *data)
{
	const struct yielder_want *want = data;
	static const unsigned capabilities[] = { CAP_SYS_ADMIN, CAP_SYS_PTRACE, CAP_NET_ADMIN };
	/* musl makes the older call where the architecture has it */
	static const char *const calls[] = { "setns", "ioctl", "readlink", "readlinkat", NULL };
	struct work work = { .host = HOST_CLOSED, .rarp = -1 };
	struct failure why = { 0 };

	if (work_open(&work, want->announced, &why) == 0 &&
	    confine_capabilities(capabilities, sizeof capabilities / sizeof *capabilities, &why) ==
	            0 &&
	    confine_calls(calls, &why) == 0) {
		work_on(&work, fd);
		return 0;
	}
	log_failure(&why);
	return 1;
}

int yielder_start(const struct yielder_want *want, struct failure *f)
{
	const struct companion companion = { live, want, &want->theirs, 1 };

	return confine_has(CAP_NET_ADMIN) ? companion_start(&companion, f) : -1;
}

int yielder_order(int fd, const struct yield_order *order, struct failure *f)
{
	if (send(fd, order, sizeof *order, MSG_DONTWAIT | MSG_NOSIGNAL) == sizeof *order)
		return 0;
	return fail_errno(f, errno, "set the links of pod %s %s", order->pod,
	                  order->up ? "up" : "down");
}
