/* SPDX-License-Identifier: Apache-2.0 */
/* The verbs yield and resume: letting the LAN have a guest's MAC address, and taking it back. */
#include "record/yield.h"
#include "base/name.h"
#include "control/verb.h"
#include "plugin/host_entry.h"
#include "record/owner.h"

#include <stdio.h>
#include <string.h>

/* One call for the endpoints of a container. */
struct turn {
	const char *ifname; /* NULL: all that guests use */
	bool up;
	struct host host;
	int owner; /* descriptor of the ownerships */
	size_t guests;
	struct failure refusal; /* why an endpoint was left out */
	struct failure *failure;
};

static void turn_release(struct turn *t)
{
	fd_release(&t->owner);
	host_release(&t->host);
}

/* The host reaches a guest that is elsewhere over the LAN, as everybody does. */
static int host_entry_follow(struct turn *t, const struct endpoint *e, struct failure *f)
{
	return t->up ? host_entry_restore(&t->host.rtnl, e, f)
	             : host_entry_remove(&t->host.rtnl, e, f);
}

static int turn_owned(struct turn *t, const struct endpoint *e, struct failure *f)
{
	const enum found changed = endpoint_set_up(e, &t->host, 0, t->up, f);

	if (changed == FOUND_FAILED || host_entry_follow(t, e, f) < 0)
		return -1;
	printf("%s of %s %s %s\n", e->ifname, e->container_id, changed ? "is" : "was",
	       t->up ? "up" : "down");
	return 0;
}

static int visit(const struct endpoint *e, const struct failure *error, void *data)
{
	struct turn *t = data;
	struct failure *f = t->failure;

	if (error)
		return failure_pass(f, error);
	if (endpoint_is_guests(e, &t->refusal) < 0)
		return 0;
	t->guests++;
	const int owned = owner_become(t->owner, e->container_id, e->ifname, LOCK_WAIT_S, f);
	if (owned <= 0)
		return owned < 0 ? -1 : owner_refuse(e->container_id, e->ifname, f);
	return turn_owned(t, e, f);
}

static bool is_selected(const char *container_id, const char *ifname, void *data)
{
	const struct turn *t = data;

	(void)container_id;
	return !t->ifname || strcmp(ifname, t->ifname) == 0;
}

static int turn(const struct call *call, bool up, struct failure *f)
{
	OWNED(turn_release)
	struct turn t = { .ifname = call_argument(call, 1),
		          .up = up,
		          .host = HOST_CLOSED,
		          .owner = -1,
		          .failure = f };
	const char *container_id = call->argument[0];
	const struct endpoint_visit visitor = { .on_record = visit,
		                                .data = &t,
		                                .matters = is_selected };

	if (!identifier_valid(container_id))
		return unrecorded(container_id, t.ifname, f);
	if (host_open(&t.host, f) < 0 || (t.owner = owner_open(f)) < 0 ||
	    endpoint_each_of(container_id, &visitor, f) < 0)
		return -1;
	if (t.guests)
		return 0;
	return t.refusal.code ? failure_pass(f, &t.refusal) : unrecorded(container_id, t.ifname, f);
}

static int yield(const struct call *call, struct failure *f)
{
	return turn(call, false, f);
}

static int resume(const struct call *call, struct failure *f)
{
	return turn(call, true, f);
}

const struct verb verb_yield = {
	.name = "yield",
	.summary = "set the link of a guest that has moved down",
	.cli = { .program = "podtapctl yield",
	         .synopsis = "CONTAINER [IFNAME]",
	         .about = "Sets the links of a container's guests down, or the one of that "
	                  "interface, so that\nthis node's other endpoints reach a guest that "
	                  "moved to another node.\nRefuses an endpoint whose addresses are the "
	                  "pod's.\n\n"
	                  "  podtapctl yield 0a1b2c net1\n" },
	.container = CONTAINER_CHANGE,
	.fewest = 1,
	.most = 2,
	.arguments = "a container",
	.run = yield,
};

const struct verb verb_resume = {
	.name = "resume",
	.summary = "undo yield, for a guest that stays or is back",
	.cli = { .program = "podtapctl resume",
	         .synopsis = "CONTAINER [IFNAME]",
	         .about = "Sets the links of a container's guests up again, after yield.\n\n"
	                  "  podtapctl resume 0a1b2c net1\n" },
	.container = CONTAINER_CHANGE,
	.fewest = 1,
	.most = 2,
	.arguments = "a container",
	.run = resume,
};
