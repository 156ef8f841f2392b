/* SPDX-License-Identifier: Apache-2.0 */
/* The events of links that appear, change and go, in the namespace of the process. */
#ifndef NETNS_LINK_WATCH_H
#define NETNS_LINK_WATCH_H

#include "netns/link.h"

struct link_watch {
	struct rtnl nl; /* its descriptor is readable when events have arrived */
};

int link_watch_open(struct link_watch *w, struct failure *f) MUST_CHECK;
static inline void link_watch_release(struct link_watch *w)
{
	rtnl_release(&w->nl);
}

/* Receives a link as it is now, or, if it is gone, as it was. */
typedef void link_handler(const struct link *link, bool gone, void *data);

/* Read the events that have arrived, up to a bound. Do not wait. The descriptor stays readable
 * while events are left. Returns 1; 0 if events may have been lost, so that the caller has to list
 * all links again; or -1. */
int link_watch_read(struct link_watch *w, link_handler *on_link, void *data,
                    struct failure *f) MUST_CHECK;

/* Call on_link() with every link of the namespace, or with those of one kind alone. Where the
 * kernel does not know that kind yet, it reports all. A link may be reported twice. Returns 0 or
 * -1. */
int link_each(struct rtnl *nl, const char *kind, link_handler *on_link, void *data,
              struct failure *f) MUST_CHECK;

/* Whether a link is an Ethernet interface of hardware (which has no kind), or a bond. */
bool link_is_port(const struct link *link);

#endif
