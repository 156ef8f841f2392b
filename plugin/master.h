/* SPDX-License-Identifier: Apache-2.0 */
/* The master: which interface an endpoint stands on, and whether it can carry one. */
#ifndef PLUGIN_MASTER_H
#define PLUGIN_MASTER_H

#include "plugin/attachment.h"

/* Finds the master of an attachment whose namespaces are open, into a->master. Code CNI_CONFIG with
 * what to do about it. */
int master_find(struct attachment *a, struct failure *f) MUST_CHECK;

/* Refuses a master that cannot carry a new endpoint; the socket is of its namespace. Code
 * CNI_CONFIG with what to do about it. */
int master_fits(const struct config *c, struct rtnl *nl, const struct link *master,
                struct failure *f) MUST_CHECK;

/* Both on the host alone, for STATUS: 1 with *master filled in; 0 where none is named and there
 * is no default route yet. */
int master_find_on_host(const struct config *c, struct rtnl *host, struct link *master,
                        struct failure *f) MUST_CHECK;

/* The interface an endpoint on a master of the host's really stands on: the kernel puts one on a
 * macvlan or macvtap on that one's own master. Where that is in another namespace, the master
 * itself. */
int master_below(struct rtnl *host, const struct link *master, struct link *below,
                 struct failure *f) MUST_CHECK;

/* The same for whichever master: 1, or 0 where it is none of the host's interfaces. */
int master_on_host(struct attachment *a, struct link *below, struct failure *f) MUST_CHECK;

/* Who stands in the way of another endpoint of this mode on a master, by the endpoint records: any
 * endpoint in that of passthru, only one of passthru in that of the others. Says which in `text`;
 * false where no record tells. */
bool master_holder(const char *master, uint32_t mode, char *text, size_t size);

#endif
