/* SPDX-License-Identifier: Apache-2.0 */
/* Adding and removing an endpoint's entry in the program of its master. */
#include "plugin/host_entry.h"

#include "base/hash.h"
#include "record/state.h"

#include <string.h>

void host_entry_release(struct host_entry *h)
{
	host_access_release(&h->access);
}

uint64_t host_entry_owner(const char *container_id, const char *ifname)
{
	const uint64_t container = text_hash(container_id);
	const uint64_t owner = bytes_hash(ifname, strlen(ifname), container);

	return owner ? owner : 1;
}

static int refuse(const struct link *master, const char *why, struct failure *f)
{
	return fail(f, CNI_CONFIG, why, "configuration key hostAccess on master %s", master->name);
}

/* Find the interface whose egress the endpoint's frames leave by. */
static int find_master(struct attachment *a, struct link *master, struct failure *f)
{
	*master = a->target.master;
	if (config_check_host_access(&a->config, a->target.mode, f) < 0 ||
	    attachment_below(a, master, f) == FOUND_FAILED)
		return -1;
	if (link_kind_find(master->kind))
		return refuse(master, "it stands on an interface of another network namespace", f);
	return 0;
}

int host_entry_describe(struct attachment *a, struct endpoint *e, struct failure *f)
{
	struct link master;

	if (!a->config.host_access)
		return 0;
	if (find_master(a, &master, f) < 0)
		return -1;
	e->host_access = master.index;
	return 0;
}

static int make_locked(struct host_entry *h, struct rtnl *host, const struct link *master,
                       const struct endpoint *e, struct failure *f)
{
	struct host_access *access = &h->access;
	const uint64_t owner = host_entry_owner(e->container_id, e->ifname);
	const enum found found = host_access_find(access, host, master->index, f);

	if (found == FOUND_FAILED)
		return -1;
	if (found == FOUND_NONE && host_access_make(access, host, master, f) < 0)
		return -1;
	if (host_access_own(access, &master->mac, f) < 0)
		return -1;
	const enum found ours = host_access_add(access, &e->mac, owner, f);
	h->others = ours == FOUND_NONE;
	return ours == FOUND_FAILED ? -1 : 0;
}

int host_entry_make(struct host_entry *h, struct attachment *a, const struct endpoint *e, int owner,
                    struct failure *f)
{
	struct link master;

	if (!e->host_access)
		return 0;
	if (find_master(a, &master, f) < 0 || state_lock_by(owner, f) < 0)
		return -1;
	const int made = make_locked(h, &a->host.rtnl, &master, e, f);
	state_unlock(owner);
	return made;
}

int host_entry_confirm(const struct host_entry *h, const struct endpoint *e, struct failure *f)
{
	if (!h->others)
		return 0;
	OWNED(fd_release) int lock = state_lock(f);
	if (lock < 0)
		return -1;
	const uint64_t owner = host_entry_owner(e->container_id, e->ifname);
	return host_access_replace(&h->access, &e->mac, owner, f) == FOUND ? 0 : -1;
}

static int remove_locked(const struct host_access *access, struct rtnl *host, const struct mac *mac,
                         uint64_t owner, struct failure *f)
{
	if (host_access_remove(access, mac, owner, f) == FOUND_FAILED)
		return -1;
	return host_access_end(access, host, f);
}

int host_entry_undo(const struct host_entry *h, struct rtnl *host, const struct endpoint *e,
                    struct failure *f)
{
	if (h->access.program < 0)
		return 0;
	OWNED(fd_release) int lock = state_lock(f);
	return lock < 0 ? -1
	                : remove_locked(&h->access, host, &e->mac,
	                                host_entry_owner(e->container_id, e->ifname), f);
}

static int find_and_remove(struct rtnl *host, uint32_t ifindex, const struct mac *mac,
                           uint64_t owner, struct failure *f)
{
	OWNED(host_access_release) struct host_access access = HOST_ACCESS_CLOSED;
	OWNED(fd_release) int lock = state_lock(f);
	const enum found found =
	        lock < 0 ? FOUND_FAILED : host_access_find(&access, host, ifindex, f);

	if (found != FOUND)
		return found;
	return remove_locked(&access, host, mac, owner, f);
}

int host_entry_remove(struct rtnl *host, const struct endpoint *e, struct failure *f)
{
	if (!e->host_access)
		return 0;
	return find_and_remove(host, e->host_access, &e->mac,
	                       host_entry_owner(e->container_id, e->ifname), f);
}

int host_entry_restore(struct rtnl *host, const struct endpoint *e, struct failure *f)
{
	OWNED(host_entry_release) struct host_entry entry = HOST_ENTRY_NONE;
	struct link master;

	if (!e->host_access)
		return 0;
	const enum found found = link_by_index(host, e->host_access, &master, f);
	if (found == FOUND_NONE)
		return fail(f, CNI_OTHER, "its master is gone", "hostAccess of interface %s",
		            e->ifname);
	if (found == FOUND_FAILED)
		return -1;
	OWNED(fd_release) int lock = state_lock(f);
	if (lock < 0 || make_locked(&entry, host, &master, e, f) < 0)
		return -1;
	const uint64_t owner = host_entry_owner(e->container_id, e->ifname);
	return host_access_replace(&entry.access, &e->mac, owner, f) == FOUND ? 0 : -1;
}

int host_entry_forget(const struct link *link, const char *container_id, const char *ifname,
                      struct failure *f)
{
	OWNED(rtnl_release) struct rtnl host = { .fd = -1 };

	if (rtnl_open(&host, f) < 0)
		return -1;
	return find_and_remove(&host, link->lower, &link->mac,
	                       host_entry_owner(container_id, ifname), f);
}

static enum found find(struct rtnl *host, uint32_t ifindex, const struct mac *mac, uint64_t owner,
                       struct failure *f)
{
	OWNED(host_access_release) struct host_access access = HOST_ACCESS_CLOSED;
	const enum found found = host_access_find(&access, host, ifindex, f);

	return found == FOUND ? host_access_has(&access, mac, owner, f) : found;
}

enum found host_entry_exists(struct attachment *a, const struct mac *mac, struct failure *f)
{
	struct link master;

	if (find_master(a, &master, f) < 0)
		return FOUND_FAILED;
	return find(&a->host.rtnl, master.index, mac,
	            host_entry_owner(a->request->container_id, a->request->ifname), f);
}

enum found host_entry_recorded(struct rtnl *host, const struct endpoint *e, struct failure *f)
{
	return find(host, e->host_access, &e->mac, host_entry_owner(e->container_id, e->ifname), f);
}
