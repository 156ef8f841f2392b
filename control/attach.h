/* SPDX-License-Identifier: Apache-2.0 */
/* Calling the plugins of a network for a namespace, as a runtime does. */
#ifndef CONTROL_ATTACH_H
#define CONTROL_ATTACH_H

#include "control/container.h"
#include "control/network_file.h"
#include "control/verb.h"

#include <limits.h>

/* The options that say more than the arguments CONF TARGET [IFNAME]. */
#define ATTACH_OPTIONS                                                \
	{ "id", "ID", 'i', "the container's id" },                    \
	        { "args", "ARGS", 'a', "CNI_ARGS: KEY=VALUE;..." },   \
	{                                                             \
		"runtime-config", "JSON", 'r', "values by capability" \
	}

struct attach {
	struct network_file file; /* owned */
	cJSON *runtime;           /* owned; NULL: no capability has a value */
	const char *args;
	const char *path; /* CNI_PATH */
	const char *ifname;
	char netns[PATH_MAX]; /* "": it is gone */
	char container_id[CONTAINER_ID];
};

void attach_release(struct attach *a);

/* Read the arguments and options of a call. The target is the path of a network namespace; or the
 * name of one in /run/netns, which is the id then; or a container with an endpoint record. The id
 * for a path follows from it. If the namespace must exist, `living` is true. Returns 0 or -1. The
 * caller releases a in any case. */
int attach_open(struct attach *a, const struct call *call, bool living,
                struct failure *f) MUST_CHECK;

/* Call every plugin in its order, each with the result of the one before. If one fails, all are
 * undone. Returns the last result, which the caller owns, or NULL. */
char *attach_add(const struct attach *a, struct failure *f) MUST_CHECK;

/* Call every plugin's DEL in reverse order, with the result of ADD (NULL: not known), until one
 * fails. Returns 0 or -1. */
int attach_del(const struct attach *a, const cJSON *result, struct failure *f) MUST_CHECK;

/* Keep the result of an ADD for its DEL in the state directory, find it there, and remove it.
 * attach_kept() returns it, which the caller owns, or NULL: without a failure if none was kept. */
int attach_keep(const struct attach *a, const char *result, struct failure *f) MUST_CHECK;
cJSON *attach_kept(const struct attach *a, struct failure *f) MUST_CHECK;
int attach_forget(const struct attach *a, struct failure *f) MUST_CHECK;

#endif
