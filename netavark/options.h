/* SPDX-License-Identifier: Apache-2.0 */
/* The options of a network (podman network create --opt), which are texts: podtap's configuration
 * keys, and the options that netavark's macvlan driver has besides. */
#ifndef NETAVARK_OPTIONS_H
#define NETAVARK_OPTIONS_H

#include "plugin/config.h"

#include <cjson/cJSON.h>
#include <stdbool.h>

enum { METRIC = 100 }; /* netavark's default for every route */

/* The options that are no configuration keys. */
struct options {
	char parent[MASTER_TEXT]; /* "": not given */
	uint32_t metric;          /* of the routes */
	bool no_default_route;
};

/* Convert options to members of a configuration, each by the kind of its key. An option replaces an
 * earlier one of that name. `options` is an object of texts; NULL: no options. Returns 0, or -1
 * (CNI_CONFIG), which names the option and the value. If `leniently`, an invalid option counts as
 * absent. */
int options_add(cJSON *config, const cJSON *options, bool leniently, struct failure *f) MUST_CHECK;

/* Read the options that are no configuration keys, from what options_add() made. */
void options_read(struct options *o, const cJSON *config);

#endif
