/* SPDX-License-Identifier: Apache-2.0 */
/* Undoing an endpoint by its record, or by what is left without one. */
#ifndef PLUGIN_TEARDOWN_H
#define PLUGIN_TEARDOWN_H

#include "netns/host.h"
#include "netns/sandbox.h"
#include "record/endpoint.h"

/* Removes what a record names: the tap node, the link, the claim of its index, and the record. Goes
 * on past a failure and reports the first. `sandbox` is the endpoint's namespace, NULL when it is
 * gone: then there is no link any more, but on the host the one an ADD was about to take over. */
int teardown(const struct endpoint *e, struct host *host, struct sandbox *sandbox,
             struct failure *f) MUST_CHECK;

/* The same without the record and the claim: for an attachment whose addresses could not be
 * released, which the next GC tries again by its record. */
int teardown_devices(const struct endpoint *e, struct host *host, struct sandbox *sandbox,
                     struct failure *f) MUST_CHECK;

/* Removes a link of ours that no record tells of: one with that name, if it is a macvtap or macvlan
 * and not noted as another attachment's; anything else is left alone with a word on stderr. */
int teardown_by_name(const char *container_id, const char *ifname, struct sandbox *sandbox,
                     struct failure *f) MUST_CHECK;

/* Removes what an attachment has whose record cannot be read, by the indices that are noted as its
 * own: each one's CDI device, its link in `sandbox` (NULL: the namespace is gone) and the note. */
int teardown_noted(const char *container_id, const char *ifname, struct sandbox *sandbox,
                   struct failure *f) MUST_CHECK;

#endif
