/* SPDX-License-Identifier: Apache-2.0 */
/* The endpoints of this host as a person or a program reads them. */
#ifndef TOOLS_LISTING_H
#define TOOLS_LISTING_H

#include "record/endpoint.h"

#include <stdio.h>

enum { LISTING_COLUMNS = 9 };

struct listing_row {
	char *cell[LISTING_COLUMNS]; /* owned */
	cJSON *json; /* the record plus "alive", which is null where that cannot be told; owned */
	char *why;   /* why one is stale, or cannot be told; owned; NULL when alive */
};

struct listing {
	struct listing_row *row; /* owned, by container and interface */
	size_t n;
	size_t stale;
	size_t untold; /* those of which it cannot be told whether they are alive */
};

void listing_release(struct listing *l);

/* Takes the endpoints of a container, and of one interface, or of all where these are NULL, and
 * proves each against the kernel. A record that cannot be read is a stale one. An endpoint that
 * cannot be looked at is listed, too, and *missed says why a container could not be. l is to be
 * released in any case. */
int listing_take(struct listing *l, const char *container_id, const char *ifname,
                 struct failure *missed, struct failure *f) MUST_CHECK;

/* Prints the table, and on stderr what is wrong with stale ones; or the rows' JSON, as a list or
 * (`single`) the first row's alone. */
void listing_print_table(const struct listing *l, FILE *out);
int listing_print_json(const struct listing *l, bool single, FILE *out,
                       struct failure *f) MUST_CHECK;

#endif
