/* SPDX-License-Identifier: Apache-2.0 */
/* Waiting for masters, by the events of links. The names of interfaces that went are kept, so that
 * records are read only when an interface of such a name appears, and not for every new one. */
#include "control/repair_watch.h"

#include "control/broken.h"
#include "netns/link_watch.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

enum { MASTERS_MAX = 1024 };

/* What tells that another attempt may succeed. A repair itself changes the rest of its master. */
enum { FLAGS = IFF_UP | IFF_RUNNING };

struct watch {
	struct link_watch links;
	struct master { /* an interface that went, or that has broken endpoints */
		char name[IFNAMSIZ];
		uint32_t ifindex; /* as it was last seen; 0: it was not */
		uint32_t flags;
		bool due; /* look at its endpoints */
	} master[MASTERS_MAX];
	size_t n;
	bool all; /* look at all endpoints */
};

static void watch_release(struct watch *w)
{
	link_watch_release(&w->links);
}

static struct master *find(struct watch *w, const char *name)
{
	for (size_t i = 0; i < w->n; i++)
		if (strcmp(w->master[i].name, name) == 0)
			return &w->master[i];
	return NULL;
}

/* Keep a name. If there is no room, look at all endpoints: those that are broken then have the
 * names to keep. */
static void keep(struct watch *w, const char *name)
{
	struct master *m = find(w, name);

	if (!m && w->n == MASTERS_MAX) {
		w->all = true;
		return;
	}
	if (!m)
		m = &w->master[w->n++];
	*m = (struct master){ .ifindex = 0 };
	snprintf(m->name, sizeof m->name, "%s", name);
}

static void on_link(const struct link *link, bool gone, void *data)
{
	struct watch *w = data;
	struct master *m = gone ? NULL : find(w, link->name);

	if (gone)
		keep(w, link->name);
	if (!m || (m->ifindex == link->index && m->flags == (link->flags & FLAGS)))
		return;
	m->ifindex = link->index;
	m->flags = link->flags & FLAGS;
	m->due = true;
}

/* Returns how many endpoints stay broken, or -1. */
static int repair_chosen(struct broken *b, const char *master, struct failure *f)
{
	const struct broken_choice choice = { .master = master };
	struct failure missed = { 0 };

	if (broken_find(b, &choice, &missed, f) < 0)
		return -1;
	if (missed.code)
		fprintf(stderr, "podtapctl: %s: %s\n", missed.msg, missed.details);
	return broken_repair(b, false, f);
}

static int repair_all(struct watch *w, struct failure *f)
{
	OWNED(broken_release) struct broken b = { .list = NULL };

	w->n = 0;
	if (repair_chosen(&b, NULL, f) < 0)
		return -1;
	for (size_t i = 0; i < b.n; i++)
		if (b.list[i].failed)
			keep(w, b.list[i].master);
	w->all = false;
	return 0;
}

static int repair_due(struct watch *w, struct failure *f)
{
	for (size_t i = 0; i < w->n;) {
		OWNED(broken_release) struct broken b = { .list = NULL };
		struct master *m = &w->master[i];
		const int failed = m->due ? repair_chosen(&b, m->name, f) : 1;

		if (failed < 0)
			return -1;
		m->due = false;
		if (failed)
			i++;
		else
			*m = w->master[--w->n];
	}
	return 0;
}

static int events_await(struct watch *w, struct failure *f)
{
	struct pollfd readable = { .fd = w->links.nl.fd, .events = POLLIN };

	while (poll(&readable, 1, -1) < 0)
		if (errno != EINTR)
			return fail_errno(f, errno, "wait for events of links");
	const int complete = link_watch_read(&w->links, on_link, w, f);
	w->all |= complete == 0;
	return complete < 0 ? -1 : 0;
}

int repair_watch(struct failure *f)
{
	OWNED(watch_release) struct watch w = { .links = { .nl = { .fd = -1 } }, .all = true };

	/* From here on no event is missed. */
	if (link_watch_open(&w.links, f) < 0)
		return -1;
	while ((w.all ? repair_all(&w, f) : repair_due(&w, f)) == 0)
		if (!w.all && events_await(&w, f) < 0)
			return -1;
	return -1;
}
