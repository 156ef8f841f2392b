/* SPDX-License-Identifier: Apache-2.0 */
/* DEL: remove an attachment by its containerID and ifname alone, as often as the runtime asks. */
#include "plugin/verbs.h"

#include "ipam/ipam.h"
#include "netns/privilege.h"
#include "plugin/config.h"
#include "plugin/host_entry.h"
#include "plugin/takeover_sweep.h"
#include "plugin/teardown.h"
#include "record/owner.h"
#include "record/verify.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>

/* Whether DEL waits until the kernel has deleted a link completely. */
static bool waits(const struct request *r)
{
	struct config c;

	config_read_leniently(&c, r);
	return c.del_wait;
}

/* Undo what has no readable record. `damaged`: a record exists, but cannot be read. `sandbox` NULL:
 * there is no namespace to search for a link. */
static int undo_link(const struct request *r, bool damaged, struct sandbox *sandbox,
                     struct failure *f)
{
	int undone = sandbox ? teardown_by_name(r->container_id, r->ifname, sandbox, f) : 0;

	if (damaged && teardown_noted(r->container_id, r->ifname, sandbox, f) < 0)
		undone = -1;
	return undone;
}

/* Undo without a record. In the namespace that the runtime names, if that exists, find the link by
 * name and kind. On the host, find the link that the deviceID names. A late DEL, whose sandbox has
 * ended, names no namespace, and skips the host: by then the deviceID may be another pod's. */
static int undo_by_name(const struct request *r, bool damaged, struct host *host, struct failure *f)
{
	OWNED(sandbox_release) struct sandbox sandbox = SANDBOX_CLOSED;
	struct failure gone = { 0 };

	if (!*r->netns)
		return undo_link(r, damaged, NULL, f);
	OWNED(fd_release) int netns = netns_open(r->netns, &gone);
	if (netns < 0 && !netns_is_gone(errno))
		return failure_pass(f, &gone);
	if (netns < 0) {
		fprintf(stderr, "podtap: %s: %s: taken as gone\n", gone.msg, gone.details);
		const int noted = undo_link(r, damaged, NULL, f);
		return takeover_sweep(r, &host->rtnl, f) < 0 ? -1 : noted;
	}
	int own = r->netns_override ? 0 : host_is(host, netns, f);
	if (own) /* a process id was reused: change nothing there */
		return own < 0 ? -1 : undo_link(r, damaged, NULL, f);
	if (sandbox_open(&sandbox, host->netns, fd_take(&netns), 0, f) < 0)
		return -1;
	sandbox.early = !waits(r);
	int undone = undo_link(r, damaged, &sandbox, f);
	return takeover_sweep(r, &host->rtnl, f) < 0 ? -1 : undone;
}

static int undo_by_record(const struct request *r, const struct endpoint *e, struct host *host,
                          struct failure *f)
{
	OWNED(sandbox_release) struct sandbox sandbox = SANDBOX_CLOSED;
	OWNED(endpoint_guard_release) struct endpoint_guard guard = ENDPOINT_GUARD_NONE;
	enum found open = endpoint_sandbox(e, *r->netns ? r->netns : NULL, host, 0, &sandbox, f);

	/* The runtime's path may lead to another namespace now, while the recorded one is still
	 * valid. */
	if (open == FOUND_NONE && *r->netns)
		open = endpoint_sandbox(e, NULL, host, 0, &sandbox, f);
	sandbox.early = !waits(r);
	int withdrawn = host_entry_remove(&host->rtnl, e, f);
	if (endpoint_guard_open(&guard, &host->rtnl, e, f) < 0)
		withdrawn = -1;
	if (open == FOUND_FAILED || privilege_keep(PRIVILEGE_WORKING, false, f) < 0)
		return -1;
	if (withdrawn < 0)
		return teardown_devices(e, host, open ? &sandbox : NULL, f) < 0 ? -1 : withdrawn;
	return teardown(e, host, open ? &sandbox : NULL, &guard, f);
}

static int undo(const struct request *r, struct failure *f)
{
	OWNED(host_release) struct host host = HOST_CLOSED;
	OWNED(endpoint_release) struct endpoint e = { .source = NULL };
	struct failure unreadable = { 0 };

	if (host_open(&host, f) < 0)
		return -1;
	enum found found = endpoint_read(r->container_id, r->ifname, &e, &unreadable);
	if (found == FOUND)
		return undo_by_record(r, &e, &host, f);
	if (found == FOUND_FAILED)
		fprintf(stderr, "podtap: %s: %s\n", unreadable.msg, unreadable.details);
	const bool damaged = found == FOUND_FAILED && unreadable.code != CNI_IO;
	int undone = undo_by_name(r, damaged, &host, f);
	/* A later attempt may read the record, so it stays. */
	if (found == FOUND_FAILED && !damaged)
		return failure_join(f, &unreadable);
	/* The damaged record tells the next DEL that something is left. */
	if (damaged && undone < 0)
		return -1;
	/* Do this also without a record: a killed ADD may leave an empty directory. */
	int removed = endpoint_remove(r->container_id, r->ifname, f);
	return undone < 0 || removed < 0 ? -1 : 0;
}

/* Wait for other calls on the attachment. If an ADD takes longer, tell it to undo its work, and ask
 * the runtime to retry: DEL succeeds only if nothing is left. */
static int become_owner(const struct request *r, int *owner, struct failure *f)
{
	*owner = owner_open_undoing(f);
	if (*owner < 0)
		return f->code ? -1 : 0;
	const int ours = owner_become(*owner, r->container_id, r->ifname, LOCK_WAIT_S, f);
	if (ours)
		return ours < 0 ? -1 : 0;
	if (endpoint_cancel(r->container_id, r->ifname, f) < 0)
		return -1;
	return owner_refuse(r->container_id, r->ifname, f);
}

static int undo_all(const struct request *r, struct failure *f)
{
	const char *ipam = ipam_type(r->json);
	struct failure kept = { 0 };

	/* The delegate comes first: dhcp needs the live link to release its lease. Its failure is
	 * reported, but does not stop the rest. */
	int released = ipam ? ipam_del(r, ipam, f) : 0;
	if (undo(r, &kept) < 0)
		return failure_join(f, &kept);
	return released;
}

int del(const struct request *r, struct failure *f)
{
	OWNED(fd_release) int owner = -1;

	if (privilege_keep(PRIVILEGE_OPENING, ipam_delegates(ipam_type(r->json)), f) < 0 ||
	    become_owner(r, &owner, f) < 0)
		return -1;
	const bool owned = owner >= 0;
	if (undo_all(r, f) < 0)
		return -1;
	/* The first ADD since the boot may have begun meanwhile. */
	if (owned || become_owner(r, &owner, f) < 0)
		return owned ? 0 : -1;
	return owner >= 0 ? undo_all(r, f) : 0;
}

int del_if(const struct request *r, bool (*wanted)(const struct request *r, void *data), void *data,
           struct failure *f)
{
	/* Without a lock, nobody knows whether another call works on it. */
	OWNED(fd_release) int owner = owner_open(f);
	const int ours = owner < 0 ? -1 : owner_become(owner, r->container_id, r->ifname, 0, f);
	if (ours <= 0 || !wanted(r, data))
		return ours < 0 ? -1 : 0;
	const char *ipam = ipam_type(r->json);
	if (privilege_keep(PRIVILEGE_OPENING, ipam_delegates(ipam), f) < 0)
		return -1;
	/* No runtime calls again, so the record stays as long as the addresses do. */
	if ((ipam && ipam_del(r, ipam, f) < 0) || undo(r, f) < 0)
		return -1;
	return 1;
}
