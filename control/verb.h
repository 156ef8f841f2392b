/* SPDX-License-Identifier: Apache-2.0 */
/* A verb of podtapctl, and a call of it. */
#ifndef CONTROL_VERB_H
#define CONTROL_VERB_H

#include "base/cli.h"
#include "base/failure.h"
#include "control/container.h"

#include <stddef.h>

/* What a verb returns for a script; 0: all is well. */
enum { EXIT_STALE = 1, EXIT_UNKNOWN = 2 };

/* An option's key is below OPTION_KEYS. One that is no letter has no short form. */
enum { OPTION_KEYS = 128 };

enum { GIVEN_MAX = 32 };

struct call {
	const char *const *argument; /* without the verb and the options */
	int n;
	const char
	        *option[OPTION_KEYS]; /* by key: the value, "" if it takes none, NULL: not given */
	struct {
		int key;
		const char *value;
	} given[GIVEN_MAX]; /* the options in their order, for one that may be repeated */
	int n_given;
};

/* Returns an argument by its place, or NULL if there are fewer. */
static inline const char *call_argument(const struct call *call, int place)
{
	return place < call->n ? call->argument[place] : NULL;
}

struct verb {
	const char *name;
	const char *summary;   /* one line of the program's help */
	struct cli cli;        /* of `podtapctl NAME`: its `about` has an example */
	int fewest;            /* the smallest number of arguments */
	int most;              /* the largest */
	const char *arguments; /* what a call with fewer arguments lacks */
	enum container_use
	        container; /* how the first argument, if there is one, names a container */
	/* Returns the exit code, or -1 with the failure recorded. */
	int (*run)(const struct call *call, struct failure *f);
};

/* Report that there is no record of an attachment, or of any of a container (ifname NULL). Returns
 * -1. */
int unrecorded(const char *container_id, const char *ifname, struct failure *f);

/* Every verb, one file each, in the order of the help. */
/* clang-format off */
#define VERBS(each) \
	each(list) \
	each(show) \
	each(check) \
	each(drops) \
	each(doctor) \
	each(pools) \
	each(report) \
	each(guest_config) \
	each(delete) \
	each(prune) \
	each(repair) \
	each(gc) \
	each(add) \
	each(del) \
	each(status) \
	each(version) \
	each(mac) \
	each(yield) \
	each(resume) \
	each(metrics) \
	each(install) \
	each(uninstall) \
	each(validate) \
	each(policy) \
	each(schema) \
	each(completion)
/* clang-format on */
#define VERB_DECLARE(name) extern const struct verb verb_##name;
VERBS(VERB_DECLARE)

/* The same as a list, whose last is NULL. */
extern const struct verb *const verbs[];

#endif
