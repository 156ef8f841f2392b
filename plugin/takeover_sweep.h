/* SPDX-License-Identifier: Apache-2.0 */
/* The host link that a deviceID names, if no ADD took it over. */
#ifndef PLUGIN_TAKEOVER_SWEEP_H
#define PLUGIN_TAKEOVER_SWEEP_H

#include "cni/request.h"
#include "netns/rtnl.h"

/* Delete the host link that a request's deviceID names: an ADD that fails before it writes a record
 * leaves it. Keep a link that the policy does not let this request take. Returns 0 or -1. */
int takeover_sweep(const struct request *r, struct rtnl *host, struct failure *f) MUST_CHECK;

#endif
