/* SPDX-License-Identifier: Apache-2.0 */
/* Undoing an endpoint from whatever is left of it. */
#ifndef PLUGIN_TEARDOWN_H
#define PLUGIN_TEARDOWN_H

#include "netns/link.h"
#include "netns/sandbox.h"
#include "plugin/endpoint.h"
#include "plugin/host.h"

/* Removes what a record names: the tap node, the link, the claim of its index, and the record. Goes
 * on past a failure and reports the first. `sandbox` is the endpoint's namespace, NULL when it is
 * gone: then there is no link any more. */
int teardown(const struct endpoint *e, struct sandbox *sandbox, struct failure *f) MUST_CHECK;

/* Removes a link of ours that no record tells of: one with that name, if it is a macvtap or macvlan
 * and not noted as another attachment's; anything else is left alone with a word on stderr. */
int teardown_by_name(const char *container_id, const char *ifname, struct sandbox *sandbox,
                     struct failure *f) MUST_CHECK;

/* Whether the link a record names exists in its namespace: same index, same kind. An intent's link
 * must also have the name, since it may never have been made. 1, 0, -1. */
int endpoint_link(const struct endpoint *e, struct sandbox *sandbox, struct link *link,
                  struct failure *f) MUST_CHECK;

/* Opens the namespace a record names, or the path given instead (NULL: the record's). 1: open and
 * the same namespace; 0: gone, or another one by now. -1 with the failure. */
int endpoint_sandbox(const struct endpoint *e, const char *path, const struct host *host,
                     struct sandbox *sandbox, struct failure *f) MUST_CHECK;

#endif
