/* SPDX-License-Identifier: Apache-2.0 */
/* Adding, removing and reading the addresses of a link. */
#include "netns/addr.h"

#include <errno.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

static const uint32_t dad_flags[] = {
	[ADDR_DAD_NORMAL] = 0,
	[ADDR_DAD_OPTIMISTIC] = IFA_F_OPTIMISTIC,
	[ADDR_DAD_OFF] = IFA_F_NODAD,
};

static void put_broadcast(struct rtnl_req *r, const struct cidr *address)
{
	uint32_t broadcast;

	if (address->ip.family != AF_INET || address->prefix >= 31)
		return;
	memcpy(&broadcast, address->ip.byte, sizeof broadcast);
	broadcast |= htonl(UINT32_MAX >> address->prefix);
	req_u32(r, IFA_BROADCAST, broadcast);
}

static void put_address(struct rtnl_req *r, uint16_t type, uint16_t flags, uint32_t ifindex,
                        const struct cidr *address)
{
	struct ifaddrmsg *header = req_begin(r, type, flags, sizeof *header);

	header->ifa_family = address->ip.family;
	header->ifa_prefixlen = address->prefix;
	header->ifa_index = ifindex;
	req_put(r, IFA_LOCAL, address->ip.byte, ip_size(&address->ip));
	req_put(r, IFA_ADDRESS, address->ip.byte, ip_size(&address->ip));
}

void ipv6_explain(uint8_t family, int err, struct failure *f)
{
	const size_t length = strlen(f->details);

	if (family == AF_INET6 && (err == EOPNOTSUPP || err == EAFNOSUPPORT))
		snprintf(
		        f->details + length, sizeof f->details - length,
		        ": IPv6 is off in this kernel (ipv6.disable=1 at its start, or it is built "
		        "without IPv6): turn it on, or give the endpoint IPv4 addresses and routes "
		        "alone");
}

int addr_add(struct rtnl *nl, uint32_t ifindex, const struct cidr *address, enum addr_dad dad,
             struct failure *f)
{
	struct rtnl_req r;
	char text[CIDR_TEXT];

	put_address(&r, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, ifindex, address);
	put_broadcast(&r, address);
	if (address->ip.family == AF_INET6 && dad_flags[dad])
		req_u32(&r, IFA_FLAGS, dad_flags[dad]);
	if (rtnl_call(nl, &r, f, "add address %s", cidr_format(address, text)) == 0)
		return 0;
	ipv6_explain(address->ip.family, errno, f);
	return -1;
}

int addr_delete(struct rtnl *nl, uint32_t ifindex, const struct cidr *address, struct failure *f)
{
	struct rtnl_req r;
	struct failure refusal = { 0 };
	char text[CIDR_TEXT];

	put_address(&r, RTM_DELADDR, 0, ifindex, address);
	if (rtnl_call(nl, &r, &refusal, "remove address %s", cidr_format(address, text)) == 0 ||
	    errno == EADDRNOTAVAIL || errno == ENODEV)
		return 0;
	return failure_pass(f, &refusal);
}

struct listing {
	uint32_t ifindex;
	uint8_t family;
	void (*on_address)(const struct addr *, void *);
	void *data;
};

static int address_read(const struct nlmsghdr *message, void *data)
{
	const struct ifaddrmsg *header = mnl_nlmsg_get_payload(message);
	const struct listing *l = data;
	const struct nlattr *attrs[IFA_FLAGS + 1];

	if (message->nlmsg_type != RTM_NEWADDR ||
	    mnl_nlmsg_get_payload_len(message) < sizeof *header ||
	    header->ifa_index != l->ifindex || header->ifa_family != l->family)
		return RTNL_MORE;
	attrs_of_message(message, sizeof *header, attrs, IFA_FLAGS);

	struct addr addr = { .address = { .ip = { .family = header->ifa_family },
		                          .prefix = header->ifa_prefixlen },
		             .flags = attr_u32(attrs[IFA_FLAGS], header->ifa_flags) };
	const struct nlattr *local = attrs[IFA_LOCAL] ? attrs[IFA_LOCAL] : attrs[IFA_ADDRESS];
	size_t size = ip_size(&addr.address.ip);
	if (!local || mnl_attr_get_payload_len(local) != size)
		return RTNL_MORE;
	memcpy(addr.address.ip.byte, mnl_attr_get_payload(local), size);
	l->on_address(&addr, l->data);
	return RTNL_MORE;
}

int addr_each(struct rtnl *nl, uint32_t ifindex, uint8_t family,
              void (*on_address)(const struct addr *, void *data), void *data, struct failure *f)
{
	struct rtnl_req r;
	struct listing listing = { ifindex, family, on_address, data };
	struct ifaddrmsg *header = req_begin(&r, RTM_GETADDR, NLM_F_DUMP, sizeof *header);

	/* The kernel answers for this link alone (strict checking). Older kernels send all links,
	 * so address_read() compares, too. */
	header->ifa_family = family;
	header->ifa_index = ifindex;
	return rtnl_query(nl, &r, address_read, &listing, f, "read the addresses of link %u",
	                  ifindex);
}
