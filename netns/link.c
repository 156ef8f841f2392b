/* SPDX-License-Identifier: Apache-2.0 */
/* Create, find, change and delete links. */
#include "netns/link.h"

#include <errno.h>
#include <linux/if_link.h>
#include <linux/ip.h>
#include <linux/net_namespace.h>
#include <stdio.h>
#include <string.h>

static const struct link_kind kinds[] = {
	{ "macvtap", true },
	{ "macvlan", false },
};

const struct link_kind *link_kind_find(const char *name)
{
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (strcmp(kinds[i].name, name) == 0)
			return &kinds[i];
	return NULL;
}

bool link_is(const struct link *link, const char *kind, const char *name)
{
	return strcmp(link->kind, kind) == 0 && strcmp(link->name, name) == 0;
}

const struct word link_kind_words[] = {
	{ "macvtap", 0 },
	{ "macvlan", 1 },
	{ NULL, 0 },
};

const struct word link_modes[] = {
	{ "bridge", MACVLAN_MODE_BRIDGE }, { "private", MACVLAN_MODE_PRIVATE },
	{ "vepa", MACVLAN_MODE_VEPA },     { "passthru", MACVLAN_MODE_PASSTHRU },
	{ "source", MACVLAN_MODE_SOURCE }, { NULL, 0 },
};

static void put_sources(struct rtnl_req *r, const struct link_want *want)
{
	if (!want->n_sources)
		return;
	req_u32(r, IFLA_MACVLAN_MACADDR_MODE, MACVLAN_MACADDR_SET);
	struct nlattr *list = req_nest(r, IFLA_MACVLAN_MACADDR_DATA);
	for (size_t i = 0; i < want->n_sources; i++)
		req_put(r, IFLA_MACVLAN_MACADDR, want->sources[i].byte, sizeof *want->sources);
	req_end(r, list);
}

static void put_kind(struct rtnl_req *r, const struct link_want *want)
{
	struct nlattr *info = req_nest(r, IFLA_LINKINFO);
	req_str(r, IFLA_INFO_KIND, want->kind->name);
	struct nlattr *data = req_nest(r, IFLA_INFO_DATA);
	{
		req_u32(r, IFLA_MACVLAN_MODE, want->mode);
		if (want->bcqueuelen)
			req_u32(r, IFLA_MACVLAN_BC_QUEUE_LEN, want->bcqueuelen);
		put_sources(r, want);
	}
	req_end(r, data);
	req_end(r, info);
}

static void put_settings(struct rtnl_req *r, const struct link_want *want)
{
	if (want->mac)
		req_put(r, IFLA_ADDRESS, want->mac->byte, sizeof want->mac->byte);
	if (want->mtu)
		req_u32(r, IFLA_MTU, want->mtu);
	if (want->tx_queue)
		req_u32(r, IFLA_TXQLEN, want->tx_queue);
}

int link_create(struct rtnl *nl, const struct link_want *want, struct failure *f)
{
	struct rtnl_req r;
	struct ifinfomsg *link;

	/* EXCL is always set. Without it, the kernel changes a link of the sender's namespace that
	 * has the index. */
	link = req_begin(&r, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, sizeof *link);
	link->ifi_index = (int)want->index;
	link->ifi_flags = link->ifi_change = want->flags;
	req_str(&r, IFLA_IFNAME, want->name);
	req_u32(&r, IFLA_LINK, want->master);
	if (want->netns >= 0)
		req_u32(&r, IFLA_NET_NS_FD, (uint32_t)want->netns);
	put_settings(&r, want);
	req_u32(&r, IFLA_NUM_TX_QUEUES, want->queues);
	req_u32(&r, IFLA_NUM_RX_QUEUES, want->queues);
	put_kind(&r, want);
	return rtnl_call(nl, &r, f, "create %s %s", want->kind->name, want->name);
}

int link_move(struct rtnl *nl, uint32_t index, const struct link_want *want, struct failure *f)
{
	struct rtnl_req r;
	struct ifinfomsg *link = req_begin(&r, RTM_NEWLINK, 0, sizeof *link);

	link->ifi_index = (int)index;
	req_u32(&r, IFLA_NET_NS_FD, (uint32_t)want->netns);
	req_u32(&r, IFLA_NEW_IFINDEX, want->index);
	req_str(&r, IFLA_IFNAME, want->name);
	put_settings(&r, want);
	put_kind(&r, want);
	return rtnl_call(nl, &r, f, "move link %u into the container as %s", index, want->name);
}

int link_delete(struct rtnl *nl, uint32_t index, struct failure *f)
{
	struct rtnl_req r;
	struct failure refusal = { 0 };
	struct ifinfomsg *link = req_begin(&r, RTM_DELLINK, 0, sizeof *link);

	link->ifi_index = (int)index;
	if (rtnl_call(nl, &r, &refusal, "delete link %u", index) == 0 || errno == ENODEV)
		return 0;
	return failure_pass(f, &refusal);
}

static int on_deleted(const struct nlmsghdr *message, void *data)
{
	(void)message;
	(void)data;
	return RTNL_ENOUGH;
}

int link_delete_early(struct rtnl *nl, uint32_t index, struct failure *f)
{
	/* The kernel answers with its report of the event, and later with an acknowledgement. The
	 * report goes to this socket alone, and only the kernel can send to it. */
	const uint16_t flags = NLM_F_ACK | NLM_F_ECHO;
	struct rtnl_req r;
	struct failure refusal = { 0 };
	struct ifinfomsg *link = req_begin(&r, RTM_DELLINK, flags, sizeof *link);

	link->ifi_index = (int)index;
	r.apart = true;
	if (rtnl_query(nl, &r, on_deleted, NULL, &refusal, "delete link %u", index) == 0 ||
	    errno == ENODEV)
		return 0;
	return failure_pass(f, &refusal);
}

int link_announce(struct rtnl *nl, uint32_t index, struct failure *f)
{
	struct rtnl_req r;
	struct ifinfomsg *link = req_begin(&r, RTM_SETLINK, 0, sizeof *link);

	link->ifi_index = (int)index;
	struct nlattr *families = req_nest(&r, IFLA_AF_SPEC);
	struct nlattr *inet = req_nest(&r, AF_INET);
	struct nlattr *conf = req_nest(&r, IFLA_INET_CONF);
	req_u32(&r, IPV4_DEVCONF_ARP_NOTIFY, 1);
	req_end(&r, conf);
	req_end(&r, inet);
	req_end(&r, families);
	return rtnl_call(nl, &r, f, "set arp_notify on link %u", index);
}

int link_disable_link_local(struct rtnl *nl, uint32_t index, struct failure *f)
{
	const uint8_t none = IN6_ADDR_GEN_MODE_NONE;
	struct rtnl_req r;
	struct ifinfomsg *link = req_begin(&r, RTM_SETLINK, 0, sizeof *link);

	link->ifi_index = (int)index;
	struct nlattr *families = req_nest(&r, IFLA_AF_SPEC);
	struct nlattr *inet6 = req_nest(&r, AF_INET6);
	req_put(&r, IFLA_INET6_ADDR_GEN_MODE, &none, sizeof none);
	req_end(&r, inet6);
	req_end(&r, families);
	return rtnl_call(nl, &r, f, "set addrgenmode none on link %u", index);
}

int link_flags(struct rtnl *nl, uint32_t index, unsigned set, unsigned clear, struct failure *f)
{
	struct rtnl_req r;
	struct ifinfomsg *link = req_begin(&r, RTM_NEWLINK, 0, sizeof *link);

	link->ifi_index = (int)index;
	link->ifi_flags = set;
	link->ifi_change = set | clear;
	return rtnl_call(nl, &r, f, set & IFF_UP ? "bring link %u up" : "set the flags of link %u",
	                 index);
}

int link_address(struct rtnl *nl, uint32_t index, const struct mac *mac, struct failure *f)
{
	struct rtnl_req r;
	char text[MAC_TEXT];
	struct ifinfomsg *link = req_begin(&r, RTM_NEWLINK, 0, sizeof *link);

	link->ifi_index = (int)index;
	req_put(&r, IFLA_ADDRESS, mac->byte, sizeof mac->byte);
	return rtnl_call(nl, &r, f, "set the MAC address %s", mac_format(mac, text));
}

int link_kind_known(struct rtnl *nl, const struct link_kind *kind, bool *known, struct failure *f)
{
	struct rtnl_req r;
	struct failure refusal = { 0 };

	/* No kernel creates a link without a master. The errno is EOPNOTSUPP for an unknown kind,
	 * and another one for a known kind. */
	req_begin(&r, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, sizeof(struct ifinfomsg));
	struct nlattr *info = req_nest(&r, IFLA_LINKINFO);
	req_str(&r, IFLA_INFO_KIND, kind->name);
	req_end(&r, info);
	if (rtnl_call(nl, &r, &refusal, "ask for kind %s", kind->name) == 0)
		return fail(f, CNI_OTHER, "the kernel made a link without a master",
		            "ask whether the kernel knows %s", kind->name);
	*known = errno != EOPNOTSUPP;
	return 0;
}

static int netns_number_read(const struct nlmsghdr *message, void *data)
{
	const struct nlattr *attrs[NETNSA_MAX + 1];
	int32_t *number = data;

	attrs_of_message(message, sizeof(struct rtgenmsg), attrs, NETNSA_MAX);
	*number = (int32_t)attr_u32(attrs[NETNSA_NSID], (uint32_t)-1);
	return RTNL_MORE;
}

int link_netns_number(struct rtnl *nl, int netns, int32_t *number, struct failure *f)
{
	struct rtnl_req r;

	*number = -1;
	req_begin(&r, RTM_GETNSID, 0, sizeof(struct rtgenmsg));
	req_u32(&r, NETNSA_FD, (uint32_t)netns);
	return rtnl_query(nl, &r, netns_number_read, number, f, "number a network namespace");
}

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
		.port_of = attr_u32(attrs[IFLA_MASTER], 0),
		.operstate = attr_u8(attrs[IFLA_OPERSTATE], 0),
		.promiscuity = attr_u32(attrs[IFLA_PROMISCUITY], 0),
		.tx_queue = attr_u32(attrs[IFLA_TXQLEN], 0),
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

static enum found link_get(struct rtnl *nl, struct rtnl_req *r, struct link *link,
                           const char *which, struct failure *f)
{
	struct failure refusal;

	failure_clear(&refusal);
	req_u32(r, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
	*link = (struct link){ 0 };
	if (rtnl_query(nl, r, link_read, link, &refusal, "look up link %s", which) == 0) {
		if (link->index)
			return FOUND;
		return fail(f, CNI_OTHER, "what the kernel answers is no link", "look up link %s",
		            which);
	}
	if (errno == ENODEV)
		return FOUND_NONE;
	return failure_pass(f, &refusal);
}

enum found link_by_name(struct rtnl *nl, const char *name, struct link *link, struct failure *f)
{
	struct rtnl_req r;

	req_begin(&r, RTM_GETLINK, 0, sizeof(struct ifinfomsg));
	/* The kernel finds alternative names by either attribute, but long ones only by
	 * IFLA_ALT_IFNAME. */
	req_str(&r, strlen(name) < IFNAMSIZ ? IFLA_IFNAME : IFLA_ALT_IFNAME, name);
	return link_get(nl, &r, link, name, f);
}

enum found link_by_index(struct rtnl *nl, uint32_t index, struct link *link, struct failure *f)
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
	/* These errors mean that the link exists: the kernel finds it before it allocates the
	 * answer. */
	return err == EMSGSIZE || err == ENOBUFS || err == ENOMEM;
}
