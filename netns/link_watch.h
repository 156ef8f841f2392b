/* SPDX-License-Identifier: Apache-2.0 */
/* Being told of links that come, change and go, in the namespace the process is in. */
#ifndef NETNS_LINK_WATCH_H
#define NETNS_LINK_WATCH_H

#include "netns/link.h"

struct link_watch {
	struct rtnl nl; /* whose descriptor is readable when there is something to read */
};

int link_watch_open(struct link_watch *w, struct failure *f) MUST_CHECK;
static inline void link_watch_release(struct link_watch *w)
{
	rtnl_release(&w->nl);
}

/* What is told of a link: as it is now, or (gone) as it was. */
typedef void link_handler(const struct link *link, bool gone, void *data);

/* Reads what there is to read, without waiting, up to a bound: the descriptor stays readable while
 * more is left. 1: nothing that happened is missing; 0: something may be, so that everything is to
 * be looked at again; -1: failure. */
int link_watch_read(struct link_watch *w, link_handler *on_link, void *data,
                    struct failure *f) MUST_CHECK;

/* Every link there is, by a dump. */
int link_each(struct rtnl *nl, link_handler *on_link, void *data, struct failure *f) MUST_CHECK;

/* Whether a link is an Ethernet interface of hardware (which has no kind), or a bond. */
bool link_is_port(const struct link *link);

#endif
