/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses as numbers, and runs of them. */
#ifndef BASE_SPAN_H
#define BASE_SPAN_H

#include "base/address.h"

typedef unsigned __int128 number;

enum { NUMBER_TEXT = 40 };

struct span { /* first to last, both of it */
	number first;
	number last;
	uint8_t family;
};

number ip_number(const struct ip *ip);
struct ip number_ip(uint8_t family, number n);

/* Every address of a network, whatever host bits it has. */
struct span cidr_span(const struct cidr *net);

bool span_contains(const struct span *span, const struct ip *ip);

/* How many addresses; 2^128 - 1 for all of IPv6. */
number span_size(const struct span *span);

/* The sum, or the largest number where it is larger. */
number number_add(number a, number b);

/* Decimal digits. */
const char *number_format(number n, char text[static NUMBER_TEXT]);

#endif
