/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses as numbers, and spans of them. */
#ifndef BASE_SPAN_H
#define BASE_SPAN_H

#include "base/address.h"

typedef unsigned __int128 number;

enum { NUMBER_TEXT = 40 };

struct span { /* from first to last, both included */
	number first;
	number last;
	uint8_t family;
};

number ip_number(const struct ip *ip);
struct ip number_ip(uint8_t family, number n);

/* Returns all addresses of a network; the host bits of `net` may be set. */
struct span cidr_span(const struct cidr *net);

bool span_contains(const struct span *span, const struct ip *ip);

/* Returns the number of addresses; 2^128 - 1 for all of IPv6. */
number span_size(const struct span *span);

/* Returns the sum, or the largest number if the sum is too large. */
number number_add(number a, number b);

/* Write a number in decimal digits. Returns the buffer. */
const char *number_format(number n, char text[static NUMBER_TEXT]);

#endif
