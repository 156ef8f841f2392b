/* SPDX-License-Identifier: Apache-2.0 */
/* Creating, changing and deleting links. */
#include "netns/link.h"

#include <errno.h>
#include <linux/if_link.h>
#include <linux/ip.h>
#include <linux/net_namespace.h>
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

int link_create(struct rtnl *nl, const struct link_want *want, struct failure *f)
{
	struct rtnl_req r;
	struct ifinfomsg *link;

	/* EXCL always: without it an index that a link of the sender's namespace has would be taken
	 * as a change of that link. */
	link = req_begin(&r, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, sizeof *link);
	link->ifi_index = (int)want->index;
	req_str(&r, IFLA_IFNAME, want->name);
	req_u32(&r, IFLA_LINK, want->master);
	if (want->netns >= 0)
		req_u32(&r, IFLA_NET_NS_FD, (uint32_t)want->netns);
	if (want->mac)
		req_put(&r, IFLA_ADDRESS, want->mac->byte, sizeof want->mac->byte);
	if (want->mtu)
		req_u32(&r, IFLA_MTU, want->mtu);
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
	if (want->mac)
		req_put(&r, IFLA_ADDRESS, want->mac->byte, sizeof want->mac->byte);
	if (want->mtu)
		req_u32(&r, IFLA_MTU, want->mtu);
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

	/* Without a master no kernel creates it: an unknown kind is EOPNOTSUPP, a known one
	 * another. */
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
