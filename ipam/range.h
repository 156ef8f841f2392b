/* SPDX-License-Identifier: Apache-2.0 */
/* Ranges and sets of ranges, as host-local defines them: their valid values, and the addresses that
 * they may give, in order. */
#ifndef IPAM_RANGE_H
#define IPAM_RANGE_H

#include "base/failure.h"
#include "base/owned.h"
#include "base/span.h"

struct range {
	struct cidr subnet;
	struct ip start; /* family 0: not set; range_complete() sets it */
	struct ip end;   /* likewise */
	struct ip gateway;
};

/* The limit for all ranges together: each is compared with every other. */
enum { RANGES_MAX = 4096 };

struct range_set { /* each set gives an attachment one address */
	struct range *ranges;
	size_t n;
};

/* Check a configured range and fill in its defaults. The default gateway is the first address. The
 * default range is the whole subnet except its network and (IPv4) broadcast address. Networks of
 * two addresses or one have neither: both addresses count, and the single one has no gateway.
 * Returns 0, or -1 (CNI_CONFIG), with the invalid value in the message. */
int range_complete(struct range *r, struct failure *f) MUST_CHECK;

/* Check completed sets against each other: no set is empty, each has one family, and no ranges
 * overlap. Returns 0, or -1 (CNI_CONFIG). */
int range_sets_check(const struct range_set *sets, size_t n, struct failure *f) MUST_CHECK;

/* Find the range that has an address between its start and end. Returns NULL if no range has it. */
const struct range *range_set_find(const struct range_set *set, const struct ip *ip);

/* Find the first range whose subnet contains an address. Returns NULL if no subnet contains it. */
const struct range *range_set_find_subnet(const struct range_set *set, const struct ip *ip);

/* Returns whether a host may have this address of the range's subnet: all addresses except the
 * network address and IPv4's broadcast address. */
bool range_has_host(const struct range *r, const struct ip *ip);

/* Read an excluded address or network; NULL is no text. Returns NULL, or a description of valid
 * values, with *out untouched. */
const char *excluded_parse(const char *text, struct span *out) MUST_CHECK;

/* Write "10.0.0.2-10.0.0.9 of 10.0.0.0/24, …", cut to the buffer. Returns the buffer. */
const char *range_set_text(const struct range_set *set, char *text, size_t size);

/* Write "range set 0: …; range set 1: …", cut to the buffer. Returns the buffer. */
const char *range_sets_text(const struct range_set *sets, size_t n, char *text, size_t size);

struct pool {               /* the addresses that a set may give, in order */
	struct span *spans; /* owned */
	size_t n;
	number size; /* the number of addresses */
};

void pool_release(struct pool *p);

/* Collect the addresses of a set, without gateways and excluded spans. The order begins after
 * `last` and wraps round to it. If `last` has family 0 or is not in the set, the order begins at
 * the start. Returns 0, or -1 without memory (CNI_OTHER). */
int pool_make(struct pool *p, const struct range_set *set, const struct ip *last,
              const struct span *excluded, size_t n_excluded, struct failure *f) MUST_CHECK;

#endif
