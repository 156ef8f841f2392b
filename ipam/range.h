/* SPDX-License-Identifier: Apache-2.0 */
/* Ranges and sets of ranges, as host-local defines them: what they may hold, and which of their
 * addresses may be given out, in which order. */
#ifndef IPAM_RANGE_H
#define IPAM_RANGE_H

#include "base/failure.h"
#include "base/owned.h"
#include "base/span.h"

struct range {
	struct cidr subnet;
	struct ip start; /* family 0: not said; range_complete() sets it */
	struct ip end;   /* likewise */
	struct ip gateway;
};

/* How many there may be in all: each is compared with every other. */
enum { RANGES_MAX = 4096 };

struct range_set { /* gives each attachment one address */
	struct range *ranges;
	size_t n;
};

/* Checks a range as it was configured and fills in what was not said: the gateway is the first
 * address, the range all of the subnet but its network and (IPv4) broadcast address. Networks of
 * two addresses or one have neither: both addresses count, the single one has no gateway. Code
 * CNI_CONFIG with the offending value. */
int range_complete(struct range *r, struct failure *f) MUST_CHECK;

/* Checks completed sets against each other: none empty, one family each, no overlap anywhere. Code
 * CNI_CONFIG. */
int range_sets_check(const struct range_set *sets, size_t n, struct failure *f) MUST_CHECK;

/* The range an address is in, between its start and end; NULL where there is none. */
const struct range *range_set_find(const struct range_set *set, const struct ip *ip);

/* The first range in whose subnet an address is; NULL where there is none. */
const struct range *range_set_find_subnet(const struct range_set *set, const struct ip *ip);

/* Whether an address of the range's subnet may be a host's: all but the network's own and IPv4's
 * broadcast address. */
bool range_has_host(const struct range *r, const struct ip *ip);

/* "10.0.0.2-10.0.0.9 of 10.0.0.0/24, …", cut to the buffer. */
const char *range_set_text(const struct range_set *set, char *text, size_t size);

/* "range set 0: …; range set 1: …", cut to the buffer. */
const char *range_sets_text(const struct range_set *sets, size_t n, char *text, size_t size);

struct pool {               /* what a set may give out, in its order */
	struct span *spans; /* owned */
	size_t n;
	number size; /* addresses in all */
};

void pool_release(struct pool *p);

/* Everything in the set except gateways and the spans excluded, beginning after `last` and wrapping
 * round to it (family 0, or not in the set: from the start). Code CNI_OTHER without memory. */
int pool_make(struct pool *p, const struct range_set *set, const struct ip *last,
              const struct span *excluded, size_t n_excluded, struct failure *f) MUST_CHECK;

#endif
