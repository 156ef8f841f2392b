/* SPDX-License-Identifier: Apache-2.0 */
/* Reading the forwarding database of one interface. */
#include "netns/fdb.h"

#include <linux/neighbour.h>
#include <string.h>
#include <sys/socket.h>

struct listing {
	uint32_t ifindex;
	void (*on_mac)(const struct mac *mac, void *data);
	void *data;
};

static int entry_read(const struct nlmsghdr *message, void *data)
{
	const struct ndmsg *header = mnl_nlmsg_get_payload(message);
	const struct nlattr *attrs[NDA_LLADDR + 1];
	const struct listing *l = data;
	struct mac mac;

	if (message->nlmsg_type != RTM_NEWNEIGH ||
	    mnl_nlmsg_get_payload_len(message) < sizeof *header ||
	    (uint32_t)header->ndm_ifindex != l->ifindex || !(header->ndm_flags & NTF_SELF))
		return RTNL_MORE;
	attrs_of_message(message, sizeof *header, attrs, NDA_LLADDR);
	const struct nlattr *address = attrs[NDA_LLADDR];
	if (!address || mnl_attr_get_payload_len(address) != sizeof mac.byte)
		return RTNL_MORE;
	memcpy(mac.byte, mnl_attr_get_payload(address), sizeof mac.byte);
	l->on_mac(&mac, l->data);
	return RTNL_MORE;
}

int fdb_each(struct rtnl *nl, uint32_t ifindex, void (*on_mac)(const struct mac *mac, void *data),
             void *data, struct failure *f)
{
	struct listing listing = { ifindex, on_mac, data };
	struct rtnl_req r;
	struct ndmsg *header = req_begin(&r, RTM_GETNEIGH, NLM_F_DUMP, sizeof *header);

	header->ndm_family = AF_BRIDGE;
	header->ndm_ifindex = (int)ifindex;
	return rtnl_query(nl, &r, entry_read, &listing, f, "list the MAC addresses of interface %u",
	                  ifindex);
}
