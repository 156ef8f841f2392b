/* SPDX-License-Identifier: Apache-2.0 */
/* Looking one link up, by name or index, and reading what the kernel says of it. */
#include "netns/link.h"

#include <errno.h>
#include <linux/if_link.h>
#include <stdio.h>
#include <string.h>

static void read_macvlan(const struct nlattr *info, struct link *link)
{
	const struct nlattr *attrs[IFLA_INFO_SLAVE_KIND + 1], *data[IFLA_MACVLAN_MODE + 1];

	attrs_of_nest(info, attrs, IFLA_INFO_SLAVE_KIND);
	attr_text(attrs[IFLA_INFO_KIND], link->kind, sizeof link->kind);
	link->partial |= !attrs[IFLA_INFO_KIND] && !attrs[IFLA_INFO_SLAVE_KIND];
	if (!link_kind_find(link->kind))
		return;
	attrs_of_nest(attrs[IFLA_INFO_DATA], data, IFLA_MACVLAN_MODE);
	link->mode = attr_u32(data[IFLA_MACVLAN_MODE], 0);
}

int link_read(const struct nlmsghdr *message, void *data)
{
	const struct ifinfomsg *header = mnl_nlmsg_get_payload(message);
	const struct nlattr *attrs[IFLA_LINK_NETNSID + 1];
	struct link *link = data;

	if ((message->nlmsg_type != RTM_NEWLINK && message->nlmsg_type != RTM_DELLINK) ||
	    mnl_nlmsg_get_payload_len(message) < sizeof *header)
		return RTNL_MORE;
	const bool whole = attrs_of_message(message, sizeof *header, attrs, IFLA_LINK_NETNSID);
	*link = (struct link){
		.index = (uint32_t)header->ifi_index,
		.type = header->ifi_type,
		.flags = header->ifi_flags,
		.mtu = attr_u32(attrs[IFLA_MTU], 0),
		.lower = attr_u32(attrs[IFLA_LINK], 0),
		.lower_netns = (int32_t)attr_u32(attrs[IFLA_LINK_NETNSID], (uint32_t)-1),
		.operstate = attr_u8(attrs[IFLA_OPERSTATE], 0),
		.promiscuity = attr_u32(attrs[IFLA_PROMISCUITY], 0),
		.partial = !whole && !attrs[IFLA_LINKINFO],
	};
	attr_text(attrs[IFLA_IFNAME], link->name, sizeof link->name);
	if (attrs[IFLA_ADDRESS] &&
	    mnl_attr_get_payload_len(attrs[IFLA_ADDRESS]) == sizeof link->mac)
		memcpy(link->mac.byte, mnl_attr_get_payload(attrs[IFLA_ADDRESS]), sizeof link->mac);
	if (attrs[IFLA_LINKINFO])
		read_macvlan(attrs[IFLA_LINKINFO], link);
	return RTNL_MORE;
}

static int link_get(struct rtnl *nl, struct rtnl_req *r, struct link *link, const char *which,
                    struct failure *f)
{
	struct failure refusal;

	failure_clear(&refusal);
	req_u32(r, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
	*link = (struct link){ 0 };
	if (rtnl_query(nl, r, link_read, link, &refusal, "look up link %s", which) == 0) {
		if (link->index)
			return 1;
		return fail(f, CNI_OTHER, "what the kernel answers is no link", "look up link %s",
		            which);
	}
	if (errno == ENODEV)
		return 0;
	return failure_pass(f, &refusal);
}

int link_by_name(struct rtnl *nl, const char *name, struct link *link, struct failure *f)
{
	struct rtnl_req r;

	req_begin(&r, RTM_GETLINK, 0, sizeof(struct ifinfomsg));
	/* The kernel finds alternative names under either attribute, long ones only under theirs.
	 */
	req_str(&r, strlen(name) < IFNAMSIZ ? IFLA_IFNAME : IFLA_ALT_IFNAME, name);
	return link_get(nl, &r, link, name, f);
}

int link_by_index(struct rtnl *nl, uint32_t index, struct link *link, struct failure *f)
{
	struct rtnl_req r;
	char which[16];
	struct ifinfomsg *header = req_begin(&r, RTM_GETLINK, 0, sizeof *header);

	header->ifi_index = (int)index;
	snprintf(which, sizeof which, "%u", index);
	return link_get(nl, &r, link, which, f);
}

bool link_is_unreadable(int err)
{
	/* The kernel looks for the link before it makes room for the answer. */
	return err == EMSGSIZE || err == ENOBUFS || err == ENOMEM;
}
