/* SPDX-License-Identifier: Apache-2.0 */
/* Opening the host's namespace for a call. */
#include "netns/host.h"

void host_release(struct host *h)
{
	rtnl_release(&h->rtnl);
	fd_release(&h->netns);
}

int host_open(struct host *h, struct failure *f)
{
	*h = (struct host)HOST_CLOSED;
	if (rtnl_open(&h->rtnl, f) < 0 || (h->netns = netns_of_socket(h->rtnl.fd, f)) < 0 ||
	    netns_stat(h->netns, &h->id, f) < 0) {
		host_release(h);
		return -1;
	}
	h->id.cookie = netns_cookie(h->rtnl.fd);
	return 0;
}

int host_is(const struct host *h, int netns, struct failure *f)
{
	struct netns_id id;
	if (netns_stat(netns, &id, f) < 0)
		return -1;
	return netns_same(&h->id, &id);
}
