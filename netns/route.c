/* SPDX-License-Identifier: Apache-2.0 */
/* Adding and finding routes. */
#include "netns/route.h"

#include "netns/addr.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

static void put_metrics(struct rtnl_req *r, const struct route_want *want)
{
	if (!want->mtu && !want->advmss)
		return;
	struct nlattr *metrics = req_nest(r, RTA_METRICS);
	if (want->mtu)
		req_u32(r, RTAX_MTU, want->mtu);
	if (want->advmss)
		req_u32(r, RTAX_ADVMSS, want->advmss);
	req_end(r, metrics);
}

struct search {
	const struct route_want *want;
	bool found;
};

static void compare(const struct route_seen *seen, void *data)
{
	struct search *s = data;
	uint32_t table = s->want->table ? s->want->table : RT_TABLE_MAIN;

	if (seen->table == table && seen->dst.prefix == s->want->dst.prefix &&
	    ip_equal(&seen->dst.ip, &s->want->dst.ip) && ip_equal(&seen->gw, &s->want->gw))
		s->found = true;
}

/* Refuse a gateway of the other family. The kernel would read the first four bytes of an IPv6
 * gateway as an IPv4 one. */
static int check_family(const struct route_want *want, struct failure *f)
{
	char dst[CIDR_TEXT], gw[IP_TEXT];

	if (!want->gw.family || want->gw.family == want->dst.ip.family)
		return 0;
	return fail(f, CNI_CONFIG, "destination and gateway must be of one family",
	            "add route to %s by gateway %s", cidr_format(&want->dst, dst),
	            ip_format(&want->gw, gw));
}

int route_add(struct rtnl *nl, const struct route_want *want, struct failure *f)
{
	struct rtnl_req r;
	struct failure refusal = { 0 };
	char text[CIDR_TEXT];

	if (check_family(want, f) < 0)
		return -1;
	struct rtmsg *header = req_begin(&r, RTM_NEWROUTE, NLM_F_CREATE, sizeof *header);
	header->rtm_family = want->dst.ip.family;
	header->rtm_dst_len = want->dst.prefix;
	header->rtm_table = RT_TABLE_MAIN;
	header->rtm_protocol = RTPROT_BOOT;
	header->rtm_type = RTN_UNICAST;
	header->rtm_scope = want->scope;
	header->rtm_flags = want->on_link ? RTNH_F_ONLINK : 0;
	if (want->dst.prefix)
		req_put(&r, RTA_DST, want->dst.ip.byte, ip_size(&want->dst.ip));
	if (want->gw.family)
		req_put(&r, RTA_GATEWAY, want->gw.byte, ip_size(&want->gw));
	req_u32(&r, RTA_OIF, want->ifindex);
	if (want->table)
		req_u32(&r, RTA_TABLE, want->table);
	if (want->priority)
		req_u32(&r, RTA_PRIORITY, want->priority);
	put_metrics(&r, want);
	if (rtnl_call(nl, &r, &refusal, "add route to %s", cidr_format(&want->dst, text)) == 0)
		return 0;

	/* EEXIST means an identical route, or another program's route with that metric. */
	struct search search = { .want = want };
	if (errno == EEXIST &&
	    route_each(nl, want->ifindex, want->dst.ip.family, compare, &search, f) < 0)
		return -1;
	if (search.found)
		return 0;
	ipv6_explain(want->dst.ip.family, errno, &refusal);
	return failure_pass(f, &refusal);
}

static bool address_of(const struct nlattr *attr, uint8_t family, struct ip *ip)
{
	*ip = (struct ip){ .family = family };
	if (!attr || mnl_attr_get_payload_len(attr) != ip_size(ip))
		return false;
	memcpy(ip->byte, mnl_attr_get_payload(attr), ip_size(ip));
	return true;
}

/* One next hop of a route. */
struct hop {
	uint32_t ifindex;
	const struct nlattr *gateway; /* NULL: none */
};

/* Call on_hop() with each next hop. A route has one itself, or (multipath) a list of them. IPv6
 * makes one multipath route of routes that differ only in their next hop. */
static void hops_each(const struct nlattr *const *attrs, void (*on_hop)(const struct hop *, void *),
                      void *data)
{
	const struct nlattr *list = attrs[RTA_MULTIPATH], *inner[RTA_GATEWAY + 1];

	if (!list) {
		on_hop(&(struct hop){ attr_u32(attrs[RTA_OIF], 0), attrs[RTA_GATEWAY] }, data);
		return;
	}
	const char *at = mnl_attr_get_payload(list);
	size_t left = mnl_attr_get_payload_len(list), size;
	struct rtnexthop next;
	for (; left >= sizeof next; at += size, left -= size) {
		memcpy(&next, at, sizeof next);
		size = RTNH_ALIGN(next.rtnh_len);
		if (next.rtnh_len < sizeof next || size > left)
			return;
		attrs_of_bytes(at + sizeof next, next.rtnh_len - sizeof next, inner, RTA_GATEWAY);
		on_hop(&(struct hop){ (uint32_t)next.rtnh_ifindex, inner[RTA_GATEWAY] }, data);
	}
}

struct listing {
	uint32_t ifindex;
	uint8_t family;
	void (*on_route)(const struct route_seen *, void *);
	void *data;
	struct route_seen seen; /* the current route; its gateway is set for each hop */
};

static void note_hop(const struct hop *hop, void *data)
{
	struct listing *l = data;

	if (hop->ifindex != l->ifindex)
		return;
	if (!address_of(hop->gateway, l->family, &l->seen.gw))
		l->seen.gw = (struct ip){ 0 };
	l->on_route(&l->seen, l->data);
}

static int route_read(const struct nlmsghdr *message, void *data)
{
	const struct rtmsg *header = mnl_nlmsg_get_payload(message);
	struct listing *l = data;
	const struct nlattr *attrs[RTA_TABLE + 1];

	if (message->nlmsg_type != RTM_NEWROUTE ||
	    mnl_nlmsg_get_payload_len(message) < sizeof *header ||
	    header->rtm_family != l->family || header->rtm_type != RTN_UNICAST)
		return RTNL_MORE;
	attrs_of_message(message, sizeof *header, attrs, RTA_TABLE);
	if (!address_of(attrs[RTA_DST], l->family, &l->seen.dst.ip) && header->rtm_dst_len)
		return RTNL_MORE;
	l->seen.dst.prefix = header->rtm_dst_len;
	l->seen.table = attr_u32(attrs[RTA_TABLE], header->rtm_table);
	hops_each(attrs, note_hop, l);
	return RTNL_MORE;
}

int route_each(struct rtnl *nl, uint32_t ifindex, uint8_t family,
               void (*on_route)(const struct route_seen *, void *data), void *data,
               struct failure *f)
{
	struct rtnl_req r;
	struct listing listing = {
		.ifindex = ifindex, .family = family, .on_route = on_route, .data = data
	};
	struct rtmsg *header = req_begin(&r, RTM_GETROUTE, NLM_F_DUMP, sizeof *header);

	header->rtm_family = family;
	req_u32(&r, RTA_OIF, ifindex); /* the kernel answers for this link alone */
	return rtnl_query(nl, &r, route_read, &listing, f, "read the routes of link %u", ifindex);
}

/* Choose the first next hop that has a link. */
static void choose_hop(const struct hop *hop, void *data)
{
	uint32_t *ifindex = data;
	if (!*ifindex)
		*ifindex = hop->ifindex;
}

/* Read an IPv4 default route. The kernel dumps a table by ascending destination, so the routes to
 * 0.0.0.0 are in the first messages. */
static int first_default(const struct nlmsghdr *message, void *data)
{
	const struct rtmsg *header = mnl_nlmsg_get_payload(message);
	const struct nlattr *attrs[RTA_TABLE + 1];
	uint32_t *ifindex = data;
	struct ip dst;

	if (message->nlmsg_type != RTM_NEWROUTE ||
	    mnl_nlmsg_get_payload_len(message) < sizeof *header)
		return RTNL_MORE;
	attrs_of_message(message, sizeof *header, attrs, RTA_TABLE);
	if (address_of(attrs[RTA_DST], header->rtm_family, &dst) && !ip_is_zero(&dst))
		return RTNL_ENOUGH;
	if (header->rtm_dst_len || header->rtm_type != RTN_UNICAST ||
	    attr_u32(attrs[RTA_TABLE], header->rtm_table) != RT_TABLE_MAIN)
		return RTNL_MORE;
	hops_each(attrs, choose_hop, ifindex);
	return *ifindex ? RTNL_ENOUGH : RTNL_MORE;
}

static int default_ipv4(struct rtnl *nl, uint32_t *ifindex, struct failure *f)
{
	struct rtnl_req r;
	struct failure refusal = { 0 };
	struct rtmsg *header = req_begin(&r, RTM_GETROUTE, NLM_F_DUMP, sizeof *header);

	header->rtm_family = AF_INET;
	req_u32(&r, RTA_TABLE, RT_TABLE_MAIN);
	if (rtnl_query(nl, &r, first_default, ifindex, &refusal, "find the IPv4 default route") ==
	    0)
		return 0;
	if (errno == ENOENT) /* the table exists from its first route on */
		return 0;
	return failure_pass(f, &refusal);
}

static int route_to_zero(const struct nlmsghdr *message, void *data)
{
	const struct rtmsg *header = mnl_nlmsg_get_payload(message);
	const struct nlattr *attrs[RTA_TABLE + 1];

	if (message->nlmsg_type != RTM_NEWROUTE ||
	    mnl_nlmsg_get_payload_len(message) < sizeof *header)
		return RTNL_MORE;
	attrs_of_message(message, sizeof *header, attrs, RTA_TABLE);
	if (header->rtm_dst_len == 0 && header->rtm_type == RTN_UNICAST)
		hops_each(attrs, choose_hop, data);
	return RTNL_MORE;
}

/* Find the IPv6 default route. A dump has ::/0 last, but a look-up of "::" matches only ::/0. */
static int default_ipv6(struct rtnl *nl, uint32_t *ifindex, struct failure *f)
{
	static const uint8_t zero[16];
	struct rtnl_req r;
	struct failure refusal = { 0 };
	struct rtmsg *header = req_begin(&r, RTM_GETROUTE, 0, sizeof *header);

	header->rtm_family = AF_INET6;
	header->rtm_dst_len = 128;
	header->rtm_flags = RTM_F_FIB_MATCH;
	req_put(&r, RTA_DST, zero, sizeof zero);
	if (rtnl_query(nl, &r, route_to_zero, ifindex, &refusal, "find the IPv6 default route") ==
	    0)
		return 0;
	if (errno == ENETUNREACH || errno == EHOSTUNREACH || errno == EAFNOSUPPORT ||
	    errno == EOPNOTSUPP || errno == EACCES || errno == EINVAL)
		return 0;
	return failure_pass(f, &refusal);
}

enum found route_default(struct rtnl *nl, uint32_t *ifindex, struct failure *f)
{
	*ifindex = 0;
	/* IPv6 first: the IPv4 dump may leave unread messages behind. */
	uint32_t ipv6 = 0;
	if (default_ipv6(nl, &ipv6, f) < 0 || default_ipv4(nl, ifindex, f) < 0)
		return FOUND_FAILED;
	if (!*ifindex)
		*ifindex = ipv6;
	return *ifindex != 0;
}
