/* SPDX-License-Identifier: Apache-2.0 */
/* The programs of hostAccess and antispoof. */
#include "plugin/host_programs.h"

#include "netns/guard.h"
#include "netns/host_access.h"

static bool access_wanted(const struct config *c)
{
	return c->host_access;
}

static enum found access_each(struct rtnl *nl, uint32_t ifindex, host_entry_visitor *on_entry,
                              void *data, struct failure *f)
{
	OWNED(host_access_release) struct host_access access = HOST_ACCESS_CLOSED;
	const enum found found = host_access_find(&access, nl, ifindex, f);

	if (found != FOUND || !on_entry)
		return found;
	return host_access_each(&access, on_entry, data, f) < 0 ? FOUND_FAILED : FOUND;
}

static int access_remove(struct rtnl *nl, uint32_t ifindex, const struct mac *mac,
                         struct failure *f)
{
	OWNED(host_access_release) struct host_access access = HOST_ACCESS_CLOSED;
	const enum found found = host_access_find(&access, nl, ifindex, f);

	if (found != FOUND)
		return found;
	if (host_access_remove(&access, mac, 0, f) == FOUND_FAILED)
		return -1;
	return host_access_end(&access, nl, f);
}

static uint32_t access_recorded(const struct endpoint *e)
{
	return e->host_access;
}

static bool guard_wanted(const struct config *c)
{
	return config_guard_key(c) != NULL;
}

struct passing {
	host_entry_visitor *on_entry;
	void *data;
};

/* Without a MAC address, it is what counts for no endpoint. */
static void on_guard_entry(const struct mac *mac, const struct guard_entry *entry, void *data)
{
	const struct passing *p = data;

	if (mac)
		p->on_entry(mac, entry->owner, p->data);
}

static enum found guards_each(struct rtnl *nl, uint32_t ifindex, host_entry_visitor *on_entry,
                              void *data, struct failure *f)
{
	OWNED(guard_release) struct guard guard = GUARD_CLOSED;
	struct passing passing = { on_entry, data };
	const enum found found = guard_find(&guard, nl, ifindex, f);

	if (found != FOUND || !on_entry)
		return found;
	return guard_each(&guard, on_guard_entry, &passing, f) < 0 ? FOUND_FAILED : FOUND;
}

static int guards_remove(struct rtnl *nl, uint32_t ifindex, const struct mac *mac,
                         struct failure *f)
{
	OWNED(guard_release) struct guard guard = GUARD_CLOSED;
	const enum found found = guard_find(&guard, nl, ifindex, f);

	if (found != FOUND)
		return found;
	return guard_remove(&guard, mac, 0, f) < 0 ? -1 : guard_end(&guard, nl, f);
}

static uint32_t guard_recorded(const struct endpoint *e)
{
	return e->guard;
}

const struct host_program host_programs[HOST_PROGRAMS] = {
	{ "hostAccess", "hostAccess", access_wanted, access_recorded, access_each, access_remove },
	{ "antispoof", "guard", guard_wanted, guard_recorded, guards_each, guards_remove },
};
