/* SPDX-License-Identifier: Apache-2.0 */
/* Beginning and ending to hear the events of a group. */
#include "netns/rtnl.h"

#include "netns/bounds.h"

#include <errno.h>
#include <sys/socket.h>

int rtnl_join(struct rtnl *nl, int group)
{
	struct sockaddr_nl self = { .nl_family = AF_NETLINK };
	socklen_t size = sizeof self;

	if (getsockname(nl->fd, (struct sockaddr *)&self, &size) < 0)
		return -1;
	nl->port = self.nl_pid;
	return setsockopt(nl->fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof group);
}

int rtnl_leave(struct rtnl *nl, int group)
{
	/* This cannot fail for a group that the socket is in. */
	setsockopt(nl->fd, SOL_NETLINK, NETLINK_DROP_MEMBERSHIP, &group, sizeof group);
	return rtnl_drain(nl);
}

int rtnl_drain(struct rtnl *nl)
{
	char byte;

	nl->unread = true;
	for (int i = 0; i < BOUND_DRAIN; i++) {
		const ssize_t got = recv(nl->fd, &byte, sizeof byte, MSG_DONTWAIT);
		if (got == 0 || (got < 0 && errno == EAGAIN)) {
			nl->unread = false;
			return 0;
		}
		if (got < 0 && errno != ENOBUFS && errno != EINTR)
			return -1;
	}
	errno = ENOBUFS;
	return -1;
}
