/* SPDX-License-Identifier: Apache-2.0 */
/* The limits of an endpoint, named as the plugin bandwidth names them. "Ingress" is what the
 * endpoint receives. */
#ifndef PLUGIN_BANDWIDTH_H
#define PLUGIN_BANDWIDTH_H

#include "base/failure.h"
#include "base/owned.h"

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stdint.h>

struct bandwidth {
	uint64_t ingress_rate;  /* bits a second; 0: no limit */
	uint64_t ingress_burst; /* bits; 0: not named */
	uint64_t egress_rate;
	uint64_t egress_burst;
};

/* Read runtimeConfig.bandwidth, which replaces the configuration's keys if it is there. Returns 0,
 * or -1 (CNI_CONFIG). */
int bandwidth_read(struct bandwidth *b, const cJSON *runtime_config, struct failure *f) MUST_CHECK;

/* Refuse a burst without its rate, and a rate below a kilobit a second. Returns 0, or -1
 * (CNI_CONFIG). */
int bandwidth_check(const struct bandwidth *b, struct failure *f) MUST_CHECK;

/* Returns the key of a rate that is set, or NULL. */
const char *bandwidth_key(const struct bandwidth *b);

#endif
