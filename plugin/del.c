/* SPDX-License-Identifier: Apache-2.0 */
/* DEL: undoing an attachment from containerID and ifname alone, as often as it is asked for. */
#include "plugin/verbs.h"

#include "ipam/ipam.h"
#include "netns/privilege.h"
#include "plugin/config.h"
#include "plugin/takeover_sweep.h"
#include "plugin/teardown.h"
#include "record/owner.h"
#include "record/verify.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>

/* What is left without a record. `damaged`: there is one, which cannot be read. `sandbox` NULL:
 * there is no link to look for. */
static int undo_link(const struct request *r, bool damaged, struct sandbox *sandbox,
                     struct failure *f)
{
	int undone = sandbox ? teardown_by_name(r->container_id, r->ifname, sandbox, f) : 0;

	if (damaged && teardown_noted(r->container_id, r->ifname, sandbox, f) < 0)
		undone = -1;
	return undone;
}

/* Without a record: by name and kind, in the namespace the runtime names, if that is one; and on
 * the host the link made for this attachment, if one was. A DEL that comes late, of a sandbox that
 * ended before, names no namespace: by then the deviceID may be another pod's. */
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
	if (own) /* a reused process id: touch nothing there */
		return own < 0 ? -1 : undo_link(r, damaged, NULL, f);
	if (sandbox_open(&sandbox, host->netns, fd_take(&netns), SANDBOX_SYSFS, f) < 0)
		return -1;
	int undone = undo_link(r, damaged, &sandbox, f);
	return takeover_sweep(r, &host->rtnl, f) < 0 ? -1 : undone;
}

static int undo_by_record(const struct request *r, const struct endpoint *e, struct host *host,
                          struct failure *f)
{
	OWNED(sandbox_release) struct sandbox sandbox = SANDBOX_CLOSED;
	enum found open = endpoint_sandbox(e, *r->netns ? r->netns : NULL, host, &sandbox, f);

	/* The runtime's path may be another's by now, the recorded one still right. */
	if (open == FOUND_NONE && *r->netns)
		open = endpoint_sandbox(e, NULL, host, &sandbox, f);
	if (open == FOUND_FAILED || privilege_keep(PRIVILEGE_WORKING, false, f) < 0)
		return -1;
	return teardown(e, host, open ? &sandbox : NULL, f);
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
	/* What may be read another time stays for that. */
	if (found == FOUND_FAILED && !damaged)
		return failure_join(f, &unreadable);
	/* It tells the next DEL that something is left. */
	if (damaged && undone < 0)
		return -1;
	/* Also without a record: an ADD killed early leaves an empty directory. */
	int removed = endpoint_remove(r->container_id, r->ifname, f);
	return undone < 0 || removed < 0 ? -1 : 0;
}

/* Waits for other calls for the attachment. An ADD that goes on for longer is told to undo what it
 * makes, and the runtime to ask again: success is promised only when nothing is left. */
static int become_owner(const struct request *r, int *owner, struct failure *f)
{
	*owner = owner_open_undoing(f);
	if (*owner < 0)
		return f->code ? -1 : 0;
	const int ours = owner_become(*owner, r->container_id, r->ifname, OWNER_WAIT_S, f);
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

	/* The delegate first: dhcp needs the live link to release its lease. Its failure is
	 * reported, but keeps nothing here. */
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
