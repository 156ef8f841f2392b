/* SPDX-License-Identifier: Apache-2.0 */
/* Waiting for a carrier by the kernel's link events, within one bound. */
#include "netns/carrier.h"

#include "base/clock.h"
#include "netns/bounds.h"
#include "netns/link.h"

#include <errno.h>
#include <linux/if.h>
#include <poll.h>

int carrier_look(const struct carrier *c, enum carrier_state *state, struct failure *f)
{
	/* The kernel sets both flags only for a link that is up. */
	static const unsigned needed = IFF_RUNNING | IFF_LOWER_UP;
	struct link link, below = { .flags = IFF_UP };

	enum found found = link_by_index(c->nl, c->link, &link, f);
	if (found == FOUND && c->below_nl)
		found = link_by_index(c->below_nl, c->below, &below, f);
	if (found == FOUND_NONE)
		return fail(f, CNI_AGAIN, "it, or its master, went away meanwhile",
		            "look for the carrier of link %u", c->link);
	if (found == FOUND_FAILED)
		return -1;
	if (!(below.flags & IFF_UP))
		*state = CARRIER_DOWN;
	else
		*state = (link.flags & needed) == needed ? CARRIER_ON : CARRIER_OFF;
	return 0;
}

/* List the sockets. Returns their number: one or two. */
static int sockets(const struct carrier *c, struct rtnl *list[static 2])
{
	list[0] = c->nl;
	list[1] = c->below_nl;
	return c->below_nl && c->below_nl != c->nl ? 2 : 1;
}

/* Look as carrier_look() does. Returns 1; 0 if events displaced an answer; or -1. */
static int look_among_events(const struct carrier *c, enum carrier_state *state, struct failure *f)
{
	struct failure refusal;

	failure_clear(&refusal);
	errno = 0;
	if (carrier_look(c, state, &refusal) == 0)
		return 1;
	return errno == ENOBUFS || errno == ETIMEDOUT ? 0 : failure_pass(f, &refusal);
}

/* Wait for an event on any socket. Returns false on timeout. */
static bool event_wait(struct rtnl *const *list, int n, int64_t milliseconds)
{
	struct pollfd heard[2];

	for (int i = 0; i < n; i++) {
		if (list[i]->passed)
			return true;
		heard[i] = (struct pollfd){ .fd = list[i]->fd, .events = POLLIN };
	}
	return poll(heard, (nfds_t)n, (int)milliseconds) != 0;
}

/* Wait until a deadline that further events do not move. */
static int await_among_events(const struct carrier *c, struct rtnl *const *list, int n,
                              struct failure *f)
{
	const int64_t deadline = clock_milliseconds() + BOUND_CARRIER_MS;
	enum carrier_state state = CARRIER_OFF;

	for (int64_t left; (left = deadline - clock_milliseconds()) > 0;) {
		const int looked = look_among_events(c, &state, f);
		if (looked < 0 || (looked && state == CARRIER_ON))
			return looked;
		if (looked && !event_wait(list, n, left))
			return 0;
		for (int i = 0; i < n; i++)
			if (rtnl_drain(list[i]) < 0 && errno != ENOBUFS)
				return fail_errno(f, errno, "listen for a carrier");
	}
	return 0;
}

int carrier_await(const struct carrier *c, enum carrier_state *state, struct failure *f)
{
	struct rtnl *list[2];
	const int n = sockets(c, list);
	int awaited = 0;

	if (carrier_look(c, state, f) < 0)
		return -1;
	if (*state == CARRIER_ON)
		return 0;
	for (int i = 0; i < n; i++)
		if (rtnl_join(list[i], RTNLGRP_LINK) < 0)
			return fail_errno(f, errno, "listen for a carrier");
	awaited = await_among_events(c, list, n, f);
	/* Without events the sockets are reliable again, for the last look and for later requests.
	 */
	for (int i = 0; i < n; i++)
		if (rtnl_leave(list[i], RTNLGRP_LINK) < 0)
			return fail_errno(f, errno, "stop listening for a carrier");
	return awaited < 0 ? -1 : carrier_look(c, state, f);
}
