/* SPDX-License-Identifier: Apache-2.0 */
/* What podtapctl check and doctor find: collected, and printed as lines or as data. */
#ifndef CONTROL_FINDINGS_H
#define CONTROL_FINDINGS_H

#include "base/failure.h"
#include "base/owned.h"
#include "control/output.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum level {
	LEVEL_OK,
	LEVEL_NOTE, /* it may matter, and is not known to be wrong */
	LEVEL_WARN,
	LEVEL_ERROR,
	LEVEL_UNKNOWN, /* it could not be examined */
};

/* What can be found, in words that do not depend on the place. */
struct finding_kind {
	enum level level;
	const char *code; /* for scripts; it is never given another meaning */
	const char *why;  /* NULL: each finding of this kind has its own, or none */
	const char *fix;  /* NULL: no action is needed */
};

struct finding {
	const struct finding_kind *kind;
	char *container; /* owned, like the next ones; NULL: it is about the node */
	char *ifname;
	char *what;
	char *why;    /* NULL: the kind's */
	size_t place; /* among all, as they were added */
};

struct findings {
	struct finding *list;
	size_t n;
	const char *container; /* of the findings that are added now; borrowed */
	const char *ifname;
	enum level worst;
	bool failed; /* there was no memory for a finding */
};

void findings_release(struct findings *l);

/* Order findings by container and interface: records come in no order. Those of one endpoint keep
 * theirs. */
void findings_sort(struct findings *l);

/* Add a finding. `why` is NULL for the kind's. Without memory only l->failed is set: the functions
 * that print then fail. */
void finding_add(struct findings *l, const struct finding_kind *kind, const char *why,
                 const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/* Add that something could not be examined. */
void finding_unknown(struct findings *l, const struct failure *why);

/* Returns whether one of the last findings, those from `first` on, is more than a note. */
bool findings_bad(const struct findings *l, size_t first);

/* Print a line for each finding, or all as JSON or YAML. Returns the exit code, or -1 without
 * memory. */
int findings_print(const struct findings *l, enum output form, FILE *out,
                   struct failure *f) MUST_CHECK;

#endif
