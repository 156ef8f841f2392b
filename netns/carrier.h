/* SPDX-License-Identifier: Apache-2.0 */
/* Whether a link reaches its LAN: whether it and its lower link are up and have a carrier. */
#ifndef NETNS_CARRIER_H
#define NETNS_CARRIER_H

#include "netns/rtnl.h"

enum carrier_state {
	CARRIER_ON,
	CARRIER_OFF,  /* there is no carrier */
	CARRIER_DOWN, /* the link below is down; some kinds of link keep their carrier then */
};

/* A link and its lower link, each with a socket of its namespace. The sockets are borrowed and may
 * be the same. */
struct carrier {
	struct rtnl *nl;
	uint32_t link;
	struct rtnl *below_nl; /* NULL: its namespace is not open */
	uint32_t below;
};

/* Read the state once. Returns 0 or -1. */
int carrier_look(const struct carrier *c, enum carrier_state *state, struct failure *f) MUST_CHECK;

/* Wait by events until the carrier is on, for BOUND_CARRIER_MS at most. *state is the state at the
 * end. Returns 0 or -1. */
int carrier_await(const struct carrier *c, enum carrier_state *state, struct failure *f) MUST_CHECK;

#endif
