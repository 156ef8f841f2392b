/* SPDX-License-Identifier: Apache-2.0 */
/* Explaining why a master cannot carry an endpoint. */
#include "plugin/master.h"

#include "netns/route.h"
#include "record/endpoint.h"

#include <linux/if_link.h>
#include <net/if_arp.h>
#include <stdio.h>
#include <string.h>

static int refuse(const struct link *master, const char *why, struct failure *f)
{
	return fail(f, CNI_CONFIG, why, "master %s cannot carry the endpoint", master->name);
}

static void on_address(const struct addr *addr, void *data)
{
	bool *used = data;
	const uint8_t *byte = addr->address.ip.byte;
	const bool link_local =
	        addr->address.ip.family == AF_INET6 && byte[0] == 0xfe && (byte[1] & 0xc0) == 0x80;
	*used |= !link_local; /* every interface that is up has a link-local address */
}

/* Count routes of any metric, in any table. */
static void on_route(const struct route_seen *route, void *data)
{
	bool *used = data;
	*used |= route->dst.prefix == 0;
}

/* Whether the host itself uses the master. Returns 1, 0 or -1. */
static int host_uses(struct rtnl *host, const struct link *master, struct failure *f)
{
	static const uint8_t families[] = { AF_INET, AF_INET6 };
	bool used = false;

	for (size_t i = 0; i < sizeof families && !used; i++)
		if (addr_each(host, master->index, families[i], on_address, &used, f) < 0 ||
		    route_each(host, master->index, families[i], on_route, &used, f) < 0)
			return -1;
	return used;
}

enum { TYPE_IP6GRE = 823 }; /* net/if_arp.h lacks it */

/* Links of these types carry packets without Ethernet addresses. */
static bool is_tunnel(uint16_t type)
{
	static const uint16_t types[] = {
		ARPHRD_NONE,    ARPHRD_PPP, ARPHRD_RAWIP, ARPHRD_TUNNEL,
		ARPHRD_TUNNEL6, ARPHRD_SIT, ARPHRD_IPGRE, TYPE_IP6GRE,
	};

	for (size_t i = 0; i < sizeof types / sizeof *types; i++)
		if (types[i] == type)
			return true;
	return false;
}

static int refuse_type(const struct config *c, const struct link *master, struct failure *f)
{
	const bool found = !c->master[0] && !c->device_id && !c->link_in_container;
	char tunnel[64] = "", why[256];

	if (is_tunnel(master->type))
		snprintf(tunnel, sizeof tunnel, " but a tunnel%s%s%s", *master->kind ? " (" : "",
		         master->kind, *master->kind ? ")" : "");
	snprintf(why, sizeof why, "it is no Ethernet interface%s%s: name %s with master", tunnel,
	         found ? ", and was taken because it has the default route" : "",
	         c->link_in_container ? "another one" : "the interface on the LAN");
	return refuse(master, why, f);
}

int master_fits(const struct config *c, uint32_t mode, struct rtnl *nl, const struct link *master,
                struct failure *f)
{
	char why[96];

	if (master->flags & IFF_LOOPBACK)
		return refuse(master, "it is the loopback interface: name a LAN interface", f);
	if (master->type != ARPHRD_ETHER)
		return refuse_type(c, master, f);
	if (c->mtu > master->mtu) {
		snprintf(why, sizeof why, "it has mtu %u: ask for that at most, or for 0",
		         master->mtu);
		return fail(f, CNI_CONFIG, why, "mtu %u is more than master %s has", c->mtu,
		            master->name);
	}
	if (mode != MACVLAN_MODE_PASSTHRU || c->force || c->link_in_container)
		return 0;
	int used = host_uses(nl, master, f);
	if (used > 0)
		return refuse(master,
		              "mode passthru would cut the host off from it: it carries the "
		              "host's addresses or default route; \"force\": true does it anyway",
		              f);
	return used;
}

static enum found link_below(struct rtnl *host, const struct link *master, struct link *below,
                             struct failure *f)
{
	const enum found found = link_by_index(host, master->lower, below, f);

	if (found == FOUND_NONE)
		return fail(f, CNI_AGAIN, "it went away meanwhile", "find the master of %s",
		            master->name);
	return found;
}

int master_below(struct rtnl *host, const struct link *master, struct link *below,
                 struct failure *f)
{
	*below = *master;
	if (!link_kind_find(master->kind) || master->lower_netns >= 0)
		return 0;
	return link_below(host, master, below, f) < 0 ? -1 : 0;
}

enum found master_in_container_below(struct host *host, struct sandbox *inside,
                                     const struct link *master, struct link *below,
                                     struct failure *f)
{
	int32_t number;

	if (netns_same(&inside->id, &host->id))
		return master_below(&host->rtnl, master, below, f) < 0 ? FOUND_FAILED : FOUND;
	if (!link_kind_find(master->kind) || master->lower_netns < 0)
		return FOUND_NONE;
	if (link_netns_number(&inside->rtnl, host->netns, &number, f) < 0)
		return FOUND_FAILED;
	return number == master->lower_netns ? link_below(&host->rtnl, master, below, f)
	                                     : FOUND_NONE;
}

struct holder_search {
	const char *master;
	bool any;              /* accept endpoints of all modes, not only of passthru */
	const struct mac *mac; /* accept only an endpoint with this MAC address; NULL: any */
	char *text;
	size_t size;
};

static int on_record(const struct endpoint *e, const struct failure *error, void *data)
{
	const struct holder_search *s = data;

	if (error || !e->ready || !e->master || !e->mode || strcmp(e->master, s->master) != 0)
		return 0;
	if (s->mac && !mac_equal(&e->mac, s->mac))
		return 0;
	if (!s->any && strcmp(e->mode, word_text(link_modes, MACVLAN_MODE_PASSTHRU)) != 0)
		return 0;
	snprintf(s->text, s->size, "interface %s of container %s%s%s", e->ifname, e->container_id,
	         s->mac ? "" : ", mode ", s->mac ? "" : e->mode);
	return 1;
}

static bool holder_find(struct holder_search *search)
{
	struct failure ignored = { 0 };
	const struct endpoint_visit visit = { .on_record = on_record, .data = search };
	return endpoint_each(&visit, &ignored) == 1;
}

bool master_holder(const char *master, uint32_t mode, char *text, size_t size)
{
	struct holder_search search = {
		.master = master, .any = mode == MACVLAN_MODE_PASSTHRU, .text = text, .size = size
	};
	return holder_find(&search);
}

bool master_mac_holder(const char *master, const struct mac *mac, char *text, size_t size)
{
	struct holder_search search = {
		.master = master, .any = true, .mac = mac, .text = text, .size = size
	};
	return holder_find(&search);
}
