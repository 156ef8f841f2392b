/* SPDX-License-Identifier: Apache-2.0 */
/* Adding and removing an endpoint's entry in the guard of its master. */
#include "plugin/endpoint_guard.h"
#include "base/random.h"

#include "netns/classifier.h"
#include "plugin/host_entry.h"
#include "record/state.h"

static const struct classifier stamping = {
	.name = GUARD_STAMP_NAME,
	.where = EBPF_TCX_EGRESS,
	.priority = CLASSIFIER_GUARD,
};

void endpoint_guard_release(struct endpoint_guard *g)
{
	guard_release(&g->guard);
	fd_release(&g->stamp);
}

/* Find the interface whose egress the endpoint's frames leave by. */
static int find_master(struct attachment *a, struct link *master, struct failure *f)
{
	*master = a->target.master;
	if (config_check_guard(&a->config, a->target.mode, f) < 0 ||
	    attachment_below(a, master, f) == FOUND_FAILED)
		return -1;
	if (link_kind_find(master->kind))
		return fail(f, CNI_CONFIG, "it stands on an interface of another network namespace",
		            "configuration key %s on master %s", config_guard_key(&a->config),
		            master->name);
	return 0;
}

int endpoint_guard_describe(struct attachment *a, struct endpoint *e, struct failure *f)
{
	struct link master;

	if (!config_guard_key(&a->config))
		return 0;
	if (find_master(a, &master, f) < 0)
		return -1;
	e->guard = master.index;
	return 0;
}

/* The link-local address of the MAC address is always the endpoint's. Without IPAM nobody knows the
 * others. */
static int entry_fill(struct endpoint_guard *g, const struct attachment *a,
                      const struct endpoint *e, struct failure *f)
{
	const struct config *c = &a->config;
	/* A socket of a pod may send as the endpoint alone. In the host's own namespace this does
	 * not hold: its cookie stands for frames without a socket, too. */
	const bool known = c->antispoof && !netns_same(&a->sandbox.id, &a->host.id);

	g->mac = e->mac;
	g->entry = (struct guard_entry){
		.owner = host_entry_owner(e->container_id, e->ifname),
		.netns = known ? e->netns.cookie : 0,
		.may = (c->antispoof ? 0u : GUARD_UNCHECKED) | (c->ipam ? 0u : GUARD_ANY_ADDRESS) |
		       (c->allow_dhcp_server ? GUARD_DHCP_SERVER : 0u) |
		       (c->allow_router ? GUARD_ROUTER : 0u),
	};
	g->entry.sent = guard_limit_of(c->bandwidth.egress_rate, c->bandwidth.egress_burst);
	g->entry.received = guard_limit_of(c->bandwidth.ingress_rate, c->bandwidth.ingress_burst);
	if (c->antispoof)
		g->entry.address[g->entry.n++] = guard_link_local(&e->mac);
	do {
		if (!random_draw(&g->entry.token, sizeof g->entry.token))
			return fail_errno(f, errno, "draw a token");
	} while (!g->entry.token);
	g->stamp = guard_stamp_load(&g->mac, g->entry.token);
	return g->stamp < 0 ? ebpf_explain("guard", "load the endpoint's program", f) : 0;
}

static int make_locked(struct endpoint_guard *g, struct rtnl *host, uint32_t ifindex,
                       struct failure *f)
{
	const enum found found = guard_find(&g->guard, host, ifindex, f);

	if (found == FOUND_FAILED ||
	    (found == FOUND_NONE && guard_make(&g->guard, host, ifindex, f) < 0))
		return -1;
	if (g->entry.received.pace && guard_limit_received(&g->guard, host, f) < 0)
		return -1;
	const enum found ours = guard_add(&g->guard, &g->mac, &g->entry, f);
	g->others = ours == FOUND_NONE;
	return ours == FOUND_FAILED ? -1 : 0;
}

int endpoint_guard_make(struct endpoint_guard *g, struct attachment *a, const struct endpoint *e,
                        int owner, struct failure *f)
{
	if (!e->guard)
		return 0;
	if (entry_fill(g, a, e, f) < 0 || state_lock_by(owner, f) < 0)
		return -1;
	const int made = make_locked(g, &a->host.rtnl, e->guard, f);
	state_unlock(owner);
	return made;
}

int endpoint_guard_attach(const struct endpoint_guard *g, struct rtnl *sandbox, uint32_t ifindex,
                          struct failure *f)
{
	if (g->stamp < 0)
		return 0;
	return classifier_attach_filter(&stamping, sandbox, ifindex, g->stamp, f);
}

static int write_locked(const struct endpoint_guard *g, struct failure *f)
{
	OWNED(fd_release) int lock = state_lock(f);

	return lock < 0 ? -1 : guard_write(&g->guard, &g->mac, &g->entry, f);
}

int endpoint_guard_addresses(struct endpoint_guard *g, const struct result *lease,
                             struct failure *f)
{
	if (g->stamp < 0 || g->entry.may & GUARD_OTHERS)
		return 0;
	g->entry.n = 1;
	if (lease->n_ips > GUARD_ADDRESSES_MAX - 1)
		return fail(f, CNI_CONFIG, "an endpoint with antispoof has fifteen at most",
		            "IPAM gave %zu addresses", lease->n_ips);
	for (size_t i = 0; i < lease->n_ips; i++)
		g->entry.address[g->entry.n++] = guard_address_of(&lease->ips[i].address.ip);
	if (!lease->n_ips)
		g->entry.may |= GUARD_ANY_ADDRESS;
	return g->others ? 0 : write_locked(g, f);
}

int endpoint_guard_confirm(const struct endpoint_guard *g, struct failure *f)
{
	return g->others ? write_locked(g, f) : 0;
}

static int remove_locked(struct guard *guard, struct rtnl *host, const struct mac *mac,
                         uint64_t owner, struct failure *f)
{
	if (guard_remove(guard, mac, owner, f) < 0)
		return -1;
	return guard_end(guard, host, f);
}

int endpoint_guard_open(struct endpoint_guard *g, struct rtnl *host, const struct endpoint *e,
                        struct failure *f)
{
	if (!e->guard)
		return 0;
	g->mac = e->mac;
	g->entry.owner = host_entry_owner(e->container_id, e->ifname);
	return guard_find(&g->guard, host, e->guard, f) == FOUND_FAILED ? -1 : 0;
}

enum found endpoint_guard_recorded(struct endpoint_guard *g, struct rtnl *host,
                                   const struct endpoint *e, struct failure *f)
{
	if (endpoint_guard_open(g, host, e, f) < 0)
		return FOUND_FAILED;
	if (g->guard.program < 0)
		return FOUND_NONE;
	return guard_read(&g->guard, &e->mac, g->entry.owner, &g->entry, f);
}

int endpoint_guard_undo(struct endpoint_guard *g, struct rtnl *host, struct failure *f)
{
	if (g->guard.program < 0)
		return 0;
	OWNED(fd_release) int lock = state_lock(f);
	return lock < 0 ? -1 : remove_locked(&g->guard, host, &g->mac, g->entry.owner, f);
}

int endpoint_guard_forget(const struct link *link, const char *container_id, const char *ifname,
                          struct failure *f)
{
	OWNED(rtnl_release) struct rtnl host = { .fd = -1 };
	OWNED(guard_release) struct guard guard = GUARD_CLOSED;

	if (rtnl_open(&host, f) < 0)
		return -1;
	OWNED(fd_release) int lock = state_lock(f);
	const enum found found =
	        lock < 0 ? FOUND_FAILED : guard_find(&guard, &host, link->lower, f);
	if (found != FOUND)
		return found;
	return remove_locked(&guard, &host, &link->mac, host_entry_owner(container_id, ifname), f);
}

enum found endpoint_guard_exists(struct attachment *a, const struct mac *mac, struct failure *f)
{
	const struct request *r = a->request;
	OWNED(guard_release) struct guard guard = GUARD_CLOSED;
	struct guard_entry entry;
	struct link master;

	if (find_master(a, &master, f) < 0)
		return FOUND_FAILED;
	const enum found found = guard_find(&guard, &a->host.rtnl, master.index, f);
	if (found != FOUND)
		return found;
	return guard_read(&guard, mac, host_entry_owner(r->container_id, r->ifname), &entry, f);
}
