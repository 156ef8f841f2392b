/* SPDX-License-Identifier: Apache-2.0 */
/* What the maps of a guard hold, as the programs read it. */
#ifndef NETNS_GUARD_VALUE_H
#define NETNS_GUARD_VALUE_H

#include "base/address.h"

#include <stdint.h>

/* What an endpoint may do. */
enum {
	GUARD_OTHERS =
	        1, /* all that is not another endpoint's: it is no endpoint, or not checked */
	GUARD_ANY_ADDRESS = 2, /* every address that no other endpoint has */
	GUARD_DHCP_SERVER = 4, /* answers of a DHCP server */
	GUARD_ROUTER = 8,      /* router advertisements and redirects */
	GUARD_UNCHECKED = GUARD_OTHERS | GUARD_ANY_ADDRESS | GUARD_DHCP_SERVER | GUARD_ROUTER,
};

/* Why a frame was dropped. */
enum guard_reason {
	GUARD_MAC,       /* another source MAC address, also in ARP and neighbour discovery */
	GUARD_ADDRESS,   /* another address, as a source */
	GUARD_CLAIM,     /* another address, in ARP or in a neighbour advertisement */
	GUARD_DHCP,      /* an answer of a DHCP server */
	GUARD_RA,        /* a router advertisement or a redirect */
	GUARD_PROTOCOL,  /* neither IPv4, IPv6, ARP nor RARP, or a VLAN tag */
	GUARD_MALFORMED, /* cut short, or built so that it cannot be checked */
	GUARD_BYPASS,    /* an endpoint's MAC address or socket, past the endpoint's own program */
	GUARD_SENT,      /* faster than egressRate */
	GUARD_RECEIVED,  /* faster than ingressRate */
	GUARD_REASONS
};

enum { GUARD_PACE_SHIFT = 20 };

/* A limit of one direction. `due` is when what has passed so far would have been sent at the rate.
 */
struct guard_limit {
	uint64_t pace;  /* 2^-20 nanoseconds for a byte; 0: no limit */
	uint64_t burst; /* nanoseconds that `due` may be ahead of the clock */
	uint64_t due;   /* nanoseconds of the kernel's clock */
};

enum { GUARD_KEY_BYTES = 8, GUARD_ADDRESSES_MAX = 16, GUARD_OWNERS_MAX = 4 };

/* An address: of IPv6, or of IPv4 as ::ffff:a.b.c.d. */
struct guard_address {
	uint8_t byte[16];
};

/* An endpoint. Its key is its MAC address in eight bytes, the last two of them 0. The key 0 is that
 * of everything else. */
struct guard_entry {
	uint64_t token; /* what the endpoint's own program writes on its frames; never 0 */
	uint64_t owner; /* the attachment's number */
	uint64_t netns; /* the cookie of its namespace; 0: its other interfaces may send, too */
	uint32_t may;   /* GUARD_* bits */
	uint32_t n;     /* addresses */
	struct guard_limit sent, received;
	uint64_t dropped[GUARD_REASONS];
	struct guard_address address[GUARD_ADDRESSES_MAX];
};

/* Which endpoints of a master are in a namespace, whose cookie is the key; 0: none. */
struct guard_netns {
	uint64_t owner[GUARD_OWNERS_MAX];
};

/* The maps of the program, in the order of their first use. Without GUARD_MAP_NETNS the kernel does
 * not tell a program from which namespace a socket is (before Linux 6.15). */
enum guard_map { GUARD_MAP_ENTRIES, GUARD_MAP_NETNS, GUARD_MAP_ADDRESSES, GUARD_MAPS };

enum { GUARD_ENTRIES_MAX = 16384, GUARD_MAP_ADDRESSES_MAX = 65536 };

/* An address as the maps have it, and the link-local address of a MAC address. */
struct guard_address guard_address_of(const struct ip *ip);
struct guard_address guard_link_local(const struct mac *mac);

/* The limit of a rate in bits a second and a burst in bits. A rate of 0, or of more than a terabit,
 * is no limit. A burst of 0 is what the rate gives in a tenth of a second. It is what the rate
 * gives in a second at most, so that a rate with a huge burst is a limit all the same; and a
 * megabit at least, more than the largest frame, which the kernel divides later. */
struct guard_limit guard_limit_of(uint64_t rate, uint64_t burst);

/* The name of a reason. */
const char *guard_reason_name(enum guard_reason reason);

#endif
