/* SPDX-License-Identifier: Apache-2.0 */
/* The endpoints of this host, as a table for people or as JSON for programs. */
#ifndef CONTROL_LISTING_H
#define CONTROL_LISTING_H

#include "control/output.h"
#include "record/endpoint.h"

#include <stdio.h>

/* The columns that only the form `wide` has come last. */
enum { LISTING_SORTED = 2, LISTING_TABLE = 11, LISTING_COLUMNS = 14 };

struct listing_row {
	char *cell[LISTING_COLUMNS]; /* owned; NULL: the form has no such column */
	cJSON *json;                 /* as podtapctl(8) describes it; owned; NULL: not wanted */
	char *why;                   /* why its state is stale or unknown; owned; NULL if alive */
};

/* The endpoints that are wanted. NULL: all. */
struct listing_filter {
	const char *container_id;
	const char *ifname;
	const char *network;
	const char *space; /* the pod's namespace */
	const char *pod;   /* [NAMESPACE/]NAME */
	const char *master;
	bool stale; /* only stale ones */
};

struct listing {
	enum output form;        /* what the rows are for */
	struct listing_row *row; /* owned, by container and interface */
	size_t n;
	size_t stale;
	size_t unknown; /* rows whose state is unknown */
};

void listing_release(struct listing *l);

/* Collect the endpoints that a filter wants, and verify each against the kernel. The caller set
 * l->form. An endpoint with an unreadable record is stale. An endpoint that
 * cannot be verified is listed as unknown. *missed is the reason why a container's records could
 * not be read. The caller releases l in any case. */
int listing_collect(struct listing *l, const struct listing_filter *filter, struct failure *missed,
                    struct failure *f) MUST_CHECK;

/* Add a row for an endpoint that was removed. Returns 0 or -1. */
int listing_add_removed(struct listing *l, const char *container_id, const char *ifname,
                        struct failure *f) MUST_CHECK;

/* Print the table, and on stderr why endpoints are not alive. */
void listing_print_table(const struct listing *l, FILE *out);

/* The parts of it: the width of each column, and a line for one row (NULL: the titles). */
void listing_widths(const struct listing *l, int width[static LISTING_COLUMNS]);
void listing_print_row(const struct listing_row *row, enum output form,
                       const int width[static LISTING_COLUMNS], FILE *out);

/* Print the rows' JSON in the listing's form: as a list, or (`single`) only the first row. */
int listing_print_data(const struct listing *l, bool single, FILE *out,
                       struct failure *f) MUST_CHECK;

#endif
