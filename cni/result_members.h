/* SPDX-License-Identifier: Apache-2.0 */
/* Tables of the result's members that are read and written in the same way. */
#ifndef CNI_RESULT_MEMBERS_H
#define CNI_RESULT_MEMBERS_H

#include "cni/result.h"

struct interface_text {
	const char *name;
	size_t offset;      /* the offset of the text in struct interface */
	enum version since; /* the first version with the member */
};

struct route_number {
	const char *name;
	size_t offset; /* the offset of the number in struct route */
	unsigned bit;  /* the bit in route.has */
	uint32_t max;
	bool zero; /* zero is a value, and is written */
};

struct dns_member {
	const char *name;
	bool list; /* a list of texts; else one text */
};

enum { INTERFACE_TEXTS = 5, ROUTE_NUMBERS = 5, DNS_MEMBERS = 4 };

extern const struct interface_text interface_texts[INTERFACE_TEXTS];
extern const struct route_number route_numbers[ROUTE_NUMBERS];
extern const struct dns_member dns_members[DNS_MEMBERS];

#endif
