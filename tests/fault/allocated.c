/* SPDX-License-Identifier: Apache-2.0 */
/* Making a macvtap on the host, and removing it where no ADD took it over. */
#include "tests/fault/allocated.h"

#include "netns/link.h"
#include "tests/fault/inject.h"

#include <linux/if_link.h>

static int find(struct rtnl *nl, const char *name, struct link *link)
{
	struct failure f = { 0 };

	if (rtnl_open(nl, &f) < 0)
		stop("open a netlink socket");
	const int found = link_by_name(nl, name, link, &f);
	if (found < 0)
		stop("look for the allocated link");
	return found;
}

void allocated_make(const char *name)
{
	OWNED(rtnl_release) struct rtnl nl = { .fd = -1 };
	struct failure f = { 0 };
	struct link link;
	const struct link_want want = { .name = name,
		                        .master = if_nametoindex("lan0"),
		                        .netns = -1,
		                        .kind = link_kind_find("macvtap"),
		                        .mode = MACVLAN_MODE_BRIDGE,
		                        .queues = 1 };

	if (find(&nl, name, &link) == 0 && link_create(&nl, &want, &f) < 0)
		stop("allocate a link");
}

void allocated_remove(const char *name)
{
	OWNED(rtnl_release) struct rtnl nl = { .fd = -1 };
	struct failure f = { 0 };
	struct link link;

	if (find(&nl, name, &link) > 0 && link_delete(&nl, link.index, &f) < 0)
		stop("remove the allocated link");
}
