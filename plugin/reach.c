/* SPDX-License-Identifier: Apache-2.0 */
/* Refusing addresses that cannot be probed on the LAN, or warning that they were not. */
#include "plugin/reach.h"

#include "netns/bounds.h"
#include "netns/carrier.h"
#include "plugin/log.h"

#include <stdio.h>

/* Find the link whose carrier counts. The kernel puts an endpoint on a macvlan or macvtap on that
 * one's own master, so that master must be up. It cannot be read if it is in another container. */
static int carrier_of(struct attachment *a, uint32_t ifindex, struct carrier *c, struct failure *f)
{
	struct link below;
	const enum found on_host = attachment_below(a, &below, f);

	*c = (struct carrier){ .nl = &a->sandbox.rtnl, .link = ifindex };
	if (on_host == FOUND) {
		c->below_nl = &a->host.rtnl;
		c->below = below.index;
	} else if (on_host == FOUND_NONE && !link_kind_find(a->target.master.kind)) {
		c->below_nl = &a->sandbox.rtnl;
		c->below = a->target.master.index;
	}
	return on_host == FOUND_FAILED ? -1 : 0;
}

static const struct {
	const char *is;
	const char *was;
	const char *remedy;
} states[] = {
	[CARRIER_OFF] = { "has no carrier", "it had one", "connect it to the LAN" },
	[CARRIER_DOWN] = { "is down", "it was up", "set it up" },
};

_Static_assert(BOUND_CARRIER_MS == 3000, "said in judge()");

/* Judge as lan_reach() does, after a wait, or after the LAN was asked. Returns 1, 0 or -1. */
static int judge(const struct attachment *a, enum carrier_state state, bool asked,
                 struct failure *f)
{
	const char *master = a->target.master.name;
	char text[256];

	if (state == CARRIER_ON)
		return 1;
	if (a->config.no_carrier == NO_CARRIER_ALLOW) {
		snprintf(text, sizeof text,
		         "master %s %s: the LAN was not asked whether the addresses are in use",
		         master, states[state].is);
		log_warning("ADD", a->request, text);
		return 0;
	}
	snprintf(text, sizeof text,
	         "the LAN cannot be asked whether the addresses are in use; %s%s: %s, or "
	         "take addresses unasked with \"noCarrier\": \"allow\"",
	         asked ? states[state].was : "waited 3 s", asked ? " when the LAN was asked" : "",
	         states[state].remedy);
	return fail(f, CNI_AGAIN, text, "master %s %s", master, states[state].is);
}

int lan_reach(struct attachment *a, uint32_t ifindex, struct failure *f)
{
	enum carrier_state state;
	struct carrier c;

	if (carrier_of(a, ifindex, &c, f) < 0 || carrier_await(&c, &state, f) < 0)
		return -1;
	return judge(a, state, false, f);
}

int lan_still_reached(struct attachment *a, uint32_t ifindex, struct failure *f)
{
	enum carrier_state state;
	struct carrier c;

	if (carrier_of(a, ifindex, &c, f) < 0 || carrier_look(&c, &state, f) < 0)
		return -1;
	return judge(a, state, true, f);
}
