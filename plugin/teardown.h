/* SPDX-License-Identifier: Apache-2.0 */
/* Undoing an endpoint by its record, or without one. */
#ifndef PLUGIN_TEARDOWN_H
#define PLUGIN_TEARDOWN_H

#include "netns/host.h"
#include "netns/sandbox.h"
#include "plugin/endpoint_guard.h"
#include "record/endpoint.h"

/* Remove what a record names: the tap node, the link, its entry in an open guard, the claim of its
 * index, and the record. Continue after a failure. `sandbox` is the endpoint's namespace, NULL if
 * it is gone: then only the host may have a link, which an ADD was about to take over. Returns 0,
 * or -1 with the first failure. */
int teardown(const struct endpoint *e, struct host *host, struct sandbox *sandbox,
             struct endpoint_guard *guard, struct failure *f) MUST_CHECK;

/* Like teardown(), but keep the entry, the claim and the record: for an attachment whose addresses
 * could not be released. The next GC retries that by the record. */
int teardown_devices(const struct endpoint *e, struct host *host, struct sandbox *sandbox,
                     struct failure *f) MUST_CHECK;

/* Remove a link of ours that has no record: the link of that name, if it is a macvtap or macvlan
 * and its index is not noted for another attachment. Keep any other link, and report it on stderr.
 * Returns 0 or -1. */
int teardown_by_name(const char *container_id, const char *ifname, struct sandbox *sandbox,
                     struct failure *f) MUST_CHECK;

/* Remove what an attachment with an unreadable record has, by the indices that are noted for it.
 * For each, remove its CDI device, its link in `sandbox` (NULL: the namespace is gone) and the
 * note. Returns 0 or -1. */
int teardown_noted(const char *container_id, const char *ifname, struct sandbox *sandbox,
                   struct failure *f) MUST_CHECK;

#endif
