/* SPDX-License-Identifier: Apache-2.0 */
/* Reading and setting the timers of duplicate address detection. */
#include "netns/dad_timers.h"

#include <linux/if_link.h>
#include <linux/ipv6.h>
#include <linux/neighbour.h>
#include <string.h>
#include <sys/socket.h>

/* Read the nest of a link's IPv6. Its settings are an array of integers. */
static void ipv6_read(const struct nlattr *nest, struct dad_timers *t)
{
	const struct nlattr *attrs[IFLA_INET6_CACHEINFO + 1];
	struct ifla_cacheinfo cache;
	int32_t settings[DEVCONF_RTR_SOLICIT_DELAY + 1];

	attrs_of_nest(nest, attrs, IFLA_INET6_CACHEINFO);
	const struct nlattr *times = attrs[IFLA_INET6_CACHEINFO], *conf = attrs[IFLA_INET6_CONF];
	if (!times || !conf || mnl_attr_get_payload_len(times) < sizeof cache ||
	    mnl_attr_get_payload_len(conf) < sizeof settings)
		return;
	memcpy(&cache, mnl_attr_get_payload(times), sizeof cache);
	memcpy(settings, mnl_attr_get_payload(conf), sizeof settings);
	t->retrans_ms = cache.retrans_time;
	t->delay_ms = (uint32_t)settings[DEVCONF_RTR_SOLICIT_DELAY];
}

static int link_timers_read(const struct nlmsghdr *message, void *data)
{
	const struct nlattr *attrs[IFLA_AF_SPEC + 1], *families[AF_INET6 + 1];

	if (message->nlmsg_type != RTM_NEWLINK)
		return RTNL_MORE;
	attrs_of_message(message, sizeof(struct ifinfomsg), attrs, IFLA_AF_SPEC);
	attrs_of_nest(attrs[IFLA_AF_SPEC], families, AF_INET6);
	ipv6_read(families[AF_INET6], data);
	return RTNL_MORE;
}

static int timers_read(const struct dad_link *link, struct dad_timers *t, struct failure *f)
{
	struct rtnl_req r;
	struct ifinfomsg *header = req_begin(&r, RTM_GETLINK, 0, sizeof *header);

	*t = (struct dad_timers){ 0 };
	header->ifi_index = (int)link->index;
	req_u32(&r, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
	return rtnl_query(&link->sandbox->rtnl, &r, link_timers_read, t, f,
	                  "read the IPv6 timers of %s", link->name);
}

static int retrans_set(const struct dad_link *link, uint64_t milliseconds, struct failure *f)
{
	struct rtnl_req r;
	struct ndtmsg *table = req_begin(&r, RTM_SETNEIGHTBL, 0, sizeof *table);

	table->ndtm_family = AF_INET6;
	req_str(&r, NDTA_NAME, "ndisc_cache");
	struct nlattr *parameters = req_nest(&r, NDTA_PARMS);
	req_u32(&r, NDTPA_IFINDEX, link->index);
	req_put(&r, NDTPA_RETRANS_TIME, &milliseconds, sizeof milliseconds);
	req_end(&r, parameters);
	return rtnl_call(&link->sandbox->rtnl, &r, f, "set the retransmission time of %s to %u ms",
	                 link->name, (unsigned)milliseconds);
}

static int delay_set(const struct dad_link *link, uint32_t milliseconds, struct failure *f)
{
	return sandbox_set(link->sandbox, SETTINGS_IPV6, link->name, "router_solicitation_delay",
	                   (int)(milliseconds / 1000), f);
}

int dad_timers_shorten(const struct dad_link *link, struct dad_timers *former, struct failure *f)
{
	if (timers_read(link, former, f) < 0)
		return -1;
	if (!former->retrans_ms)
		return 0;
	if (former->delay_ms && delay_set(link, 0, f) < 0)
		return -1;
	return former->retrans_ms > DAD_RETRANS_MS ? retrans_set(link, DAD_RETRANS_MS, f) : 0;
}

int dad_timers_restore(const struct dad_link *link, const struct dad_timers *former,
                       struct failure *f)
{
	struct dad_timers now;

	if (!former->retrans_ms)
		return 0;
	if ((former->delay_ms && delay_set(link, former->delay_ms, f) < 0) ||
	    timers_read(link, &now, f) < 0)
		return -1;
	return former->retrans_ms > DAD_RETRANS_MS && now.retrans_ms == DAD_RETRANS_MS
	               ? retrans_set(link, former->retrans_ms, f)
	               : 0;
}
