/* SPDX-License-Identifier: Apache-2.0 */
/* Whether what an endpoint record names exists, now, in the kernel: a record alone proves nothing,
 * and its tap's number may be another pod's by now. */
#ifndef RECORD_LIVE_H
#define RECORD_LIVE_H

#include "netns/host.h"
#include "netns/link.h"
#include "netns/sandbox.h"
#include "record/endpoint.h"

/* Whether the link a record names exists in its namespace: same index, same kind. An intent's link
 * must also have the name, since it may never have been made. A link of that index of which the
 * rest cannot be read is there, too. 1, 0, -1. */
int endpoint_link(const struct endpoint *e, struct sandbox *sandbox, struct link *link,
                  struct failure *f) MUST_CHECK;

/* Opens the namespace a record names, or the path given instead (NULL: the record's). 1: open and
 * the same namespace, with what its kind of link needs; 0: gone, or another one by now. -1 with the
 * failure. */
int endpoint_sandbox(const struct endpoint *e, const char *path, const struct host *host,
                     struct sandbox *sandbox, struct failure *f) MUST_CHECK;

/* Proves a record against its namespace, opened with sysfs: the link of its index and kind, the
 * tap's number as the kernel tells it there, and the node of that number among the host's devices
 * (`devices`, a directory). A newer podtap's record is not proved. 1: all true; 0: one is not, and
 * *why says which; -1 with *why. */
int endpoint_live_in(const struct endpoint *e, struct sandbox *sandbox, int devices,
                     struct failure *why) MUST_CHECK;

/* The same for a record whose namespace is not open: it is found by the record's path and proved by
 * its identity. If the link is found, *link is what it is now, also where something else is not
 * true; else its index is 0. */
int endpoint_live(const struct endpoint *e, struct link *link, struct failure *why) MUST_CHECK;

/* Finds an endpoint's link as it is now, whether its tap is as the record says or not. 1; 0: it is
 * gone, and *why says what is; -1 with *why. */
int endpoint_look(const struct endpoint *e, struct link *link, struct failure *why) MUST_CHECK;

#endif
