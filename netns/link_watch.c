/* SPDX-License-Identifier: Apache-2.0 */
/* Receiving the kernel's events of links. */
#include "netns/link_watch.h"

#include <errno.h>
#include <linux/if_arp.h>
#include <string.h>

int link_watch_open(struct link_watch *w, struct failure *f)
{
	if (rtnl_open(&w->nl, f) < 0)
		return -1;
	if (rtnl_join(&w->nl, RTNLGRP_LINK) == 0)
		return 0;
	fail_errno(f, errno, "watch links");
	rtnl_release(&w->nl);
	return -1;
}

struct delivery {
	link_handler *on_link;
	void *data;
};

static int deliver(const struct nlmsghdr *message, void *data)
{
	const struct ifinfomsg *header = mnl_nlmsg_get_payload(message);
	const struct delivery *d = data;
	struct link link = { .index = 0 };

	/* A bridge reports its ports in the same messages, under its own family. */
	if ((message->nlmsg_type != RTM_NEWLINK && message->nlmsg_type != RTM_DELLINK) ||
	    mnl_nlmsg_get_payload_len(message) < sizeof *header || header->ifi_family != AF_UNSPEC)
		return RTNL_MORE;
	link_read(message, &link);
	d->on_link(&link, message->nlmsg_type == RTM_DELLINK, d->data);
	return RTNL_MORE;
}

int link_watch_read(struct link_watch *w, link_handler *on_link, void *data, struct failure *f)
{
	struct delivery d = { on_link, data };

	if (!w->nl.unread) {
		const int read = rtnl_news(&w->nl, deliver, &d);
		if (read == 0 || errno == EAGAIN)
			return 1;
		/* More events arrived than fitted, or a message was too long. */
		if (errno != ENOBUFS && errno != EMSGSIZE && errno != EBADMSG)
			return fail_errno(f, errno, "read what happened to links");
	}
	/* The kernel sends no further event until the rest is read, and does not report that again.
	 */
	if (rtnl_drain(&w->nl) < 0 && errno != ENOBUFS)
		return fail_errno(f, errno, "read what happened to links");
	return 0;
}

int link_each(struct rtnl *nl, const char *kind, link_handler *on_link, void *data,
              struct failure *f)
{
	struct delivery d = { on_link, data };
	struct rtnl_req r;

	req_begin(&r, RTM_GETLINK, NLM_F_DUMP, sizeof(struct ifinfomsg));
	req_u32(&r, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
	if (kind) {
		struct nlattr *info = req_nest(&r, IFLA_LINKINFO);
		req_str(&r, IFLA_INFO_KIND, kind);
		req_end(&r, info);
	}
	return rtnl_query(nl, &r, deliver, &d, f, "list the links");
}

bool link_is_port(const struct link *link)
{
	return link->type == ARPHRD_ETHER && !(link->flags & IFF_LOOPBACK) &&
	       (!link->kind[0] || strcmp(link->kind, "bond") == 0);
}
