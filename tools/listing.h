/* SPDX-License-Identifier: Apache-2.0 */
/* The endpoints of this host, as a table for people or as JSON for programs. */
#ifndef TOOLS_LISTING_H
#define TOOLS_LISTING_H

#include "record/endpoint.h"

#include <stdio.h>

enum { LISTING_COLUMNS = 9 };

struct listing_row {
	char *cell[LISTING_COLUMNS]; /* owned */
	cJSON *json; /* the record plus "alive", which is null if unknown; owned; NULL: not wanted
	              */
	char *why;   /* why its state is stale or unknown; owned; NULL if alive */
};

struct listing {
	bool json;               /* JSON is wanted of each row */
	struct listing_row *row; /* owned, by container and interface */
	size_t n;
	size_t stale;
	size_t unknown; /* rows whose state is unknown */
};

void listing_release(struct listing *l);

/* Collect the endpoints of a container and an interface (NULL: all), and verify each against the
 * kernel. The caller set l->json. An endpoint with an unreadable record is stale. An endpoint that
 * cannot be verified is listed as unknown. *missed is the reason why a container's records could
 * not be read. The caller releases l in any case. */
int listing_collect(struct listing *l, const char *container_id, const char *ifname,
                    struct failure *missed, struct failure *f) MUST_CHECK;

/* Print the table, and on stderr why endpoints are not alive. Or print the rows' JSON, as a list or
 * (`single`) only the first row. */
void listing_print_table(const struct listing *l, FILE *out);
int listing_print_json(const struct listing *l, bool single, FILE *out,
                       struct failure *f) MUST_CHECK;

#endif
