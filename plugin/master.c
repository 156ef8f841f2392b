/* SPDX-License-Identifier: Apache-2.0 */
/* Finding the master and saying in words why one cannot serve. */
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

static void see_address(const struct addr *addr, void *data)
{
	bool *used = data;
	const uint8_t *byte = addr->address.ip.byte;
	const bool link_local =
	        addr->address.ip.family == AF_INET6 && byte[0] == 0xfe && (byte[1] & 0xc0) == 0x80;
	*used |= !link_local; /* every interface that is up has a link-local one */
}

/* Of any metric, and in any table. */
static void see_default(const struct route_seen *route, void *data)
{
	bool *used = data;
	*used |= route->dst.prefix == 0;
}

/* Whether the host itself uses the master: 1, 0, -1. */
static int host_uses(struct rtnl *host, const struct link *master, struct failure *f)
{
	static const uint8_t families[] = { AF_INET, AF_INET6 };
	bool used = false;

	for (size_t i = 0; i < sizeof families && !used; i++)
		if (addr_each(host, master->index, families[i], see_address, &used, f) < 0 ||
		    route_each(host, master->index, families[i], see_default, &used, f) < 0)
			return -1;
	return used;
}

int master_fits(const struct config *c, struct rtnl *nl, const struct link *master,
                struct failure *f)
{
	char why[96];

	if (master->flags & IFF_LOOPBACK)
		return refuse(master, "it is the loopback interface: name a LAN interface", f);
	if (master->type != ARPHRD_ETHER)
		return refuse(master, "it is no Ethernet interface", f);
	if (c->mtu > master->mtu) {
		snprintf(why, sizeof why, "it has mtu %u: ask for that at most, or for 0",
		         master->mtu);
		return fail(f, CNI_CONFIG, why, "mtu %u is more than master %s has", c->mtu,
		            master->name);
	}
	if (c->mode != MACVLAN_MODE_PASSTHRU || c->force || c->link_in_container)
		return 0;
	int used = host_uses(nl, master, f);
	if (used > 0)
		return refuse(master,
		              "mode passthru would cut the host off from it: it carries the "
		              "host's addresses or default route; \"force\": true does it anyway",
		              f);
	return used;
}

/* The container interface of prevResult: the last one in our sandbox. */
static const char *previous_interface(const struct attachment *a)
{
	const char *name = NULL;
	for (size_t i = 0; i < a->previous.n_interfaces; i++) {
		const struct interface *it = &a->previous.interfaces[i];
		if (it->name && it->sandbox && strcmp(it->sandbox, a->request->netns) == 0)
			name = it->name;
	}
	return name;
}

static int open_scratch(void *data, struct failure *f)
{
	return rtnl_open(data, f);
}

static int by_default_route(struct rtnl *nl, struct rtnl *scratch, struct link *master,
                            struct failure *f)
{
	uint32_t index;
	int found = route_default(scratch, &index, f);
	return found > 0 ? link_by_index(nl, index, master, f) : found;
}

static int by_name(struct rtnl *nl, const char *name, bool in_container, struct link *master,
                   struct failure *f)
{
	int found = link_by_name(nl, name, master, f);
	if (found == 0)
		return fail(f, CNI_CONFIG,
		            in_container ? "there is no such interface in the container"
		                         : "there is no such interface on the host",
		            "master %s", name);
	return found;
}

static int no_default_route(struct failure *f)
{
	return fail(f, CNI_CONFIG,
	            "there is no default route to take the interface of: name one with master",
	            "configuration key master is absent");
}

int master_find(struct attachment *a, struct failure *f)
{
	const struct config *c = &a->config;
	struct rtnl *nl = attachment_master_rtnl(a), scratch = { .fd = -1 };
	const char *name = c->master[0] ? c->master : NULL;
	int found;

	if (!name && c->link_in_container)
		name = previous_interface(a);
	if (name) {
		found = by_name(nl, name, c->link_in_container, &a->master, f);
	} else {
		int opened = c->link_in_container ? netns_visit(a->host.netns, a->sandbox.netns,
		                                                open_scratch, &scratch, f)
		                                  : rtnl_open(&scratch, f);
		found = opened < 0 ? -1 : by_default_route(nl, &scratch, &a->master, f);
		rtnl_release(&scratch);
	}
	if (found == 0)
		return no_default_route(f);
	return found < 0 ? -1 : 0;
}

int master_find_on_host(const struct config *c, struct rtnl *host, struct link *master,
                        struct failure *f)
{
	struct rtnl scratch = { .fd = -1 };
	int found;

	if (c->master[0]) {
		found = by_name(host, c->master, false, master, f);
	} else {
		found = rtnl_open(&scratch, f) < 0 ? -1
		                                   : by_default_route(host, &scratch, master, f);
		rtnl_release(&scratch);
	}
	if (found <= 0)
		return found;
	return master_fits(c, host, master, f) < 0 ? -1 : 1;
}

static int link_below(struct rtnl *host, const struct link *master, struct link *below,
                      struct failure *f)
{
	const int found = link_by_index(host, master->lower, below, f);

	if (found == 0)
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

int master_on_host(struct attachment *a, struct link *below, struct failure *f)
{
	const struct link *master = &a->master;
	int32_t host;

	if (!a->config.link_in_container || netns_same(&a->sandbox.id, &a->host.id))
		return master_below(&a->host.rtnl, master, below, f) < 0 ? -1 : 1;
	if (!link_kind_find(master->kind) || master->lower_netns < 0)
		return 0;
	if (link_netns_number(&a->sandbox.rtnl, a->host.netns, &host, f) < 0)
		return -1;
	return host == master->lower_netns ? link_below(&a->host.rtnl, master, below, f) : 0;
}

struct holder_search {
	const char *master;
	bool any; /* not only an endpoint of mode passthru */
	char *text;
	size_t size;
};

static int see_endpoint(const struct endpoint *e, const struct failure *error, void *data)
{
	const struct holder_search *s = data;

	if (error || !e->ready || !e->master || !e->mode || strcmp(e->master, s->master) != 0)
		return 0;
	if (!s->any && strcmp(e->mode, word_text(link_modes, MACVLAN_MODE_PASSTHRU)) != 0)
		return 0;
	snprintf(s->text, s->size, "interface %s of container %s, mode %s", e->ifname,
	         e->container_id, e->mode);
	return 1;
}

bool master_holder(const char *master, uint32_t mode, char *text, size_t size)
{
	struct holder_search search = { master, mode == MACVLAN_MODE_PASSTHRU, text, size };
	struct failure ignored = { 0 };
	const struct endpoint_visit visit = { see_endpoint, &search };
	return endpoint_each(&visit, &ignored) == 1;
}
