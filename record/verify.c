/* SPDX-License-Identifier: Apache-2.0 */
/* Verify endpoint records. */
#include "record/verify.h"

#include "netns/tap.h"
#include "record/state.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static bool is_same(const struct link *link, const char *name, const struct mac *mac)
{
	return link_is(link, "macvtap", name) && mac_equal(&link->mac, mac);
}

/* Find the link that an unfinished ADD moved into the namespace. A kill may have come before or
 * after each of the changes to its name, MAC address and index. Returns 1, 0 or -1. */
static int moved_link(const struct endpoint *e, struct rtnl *inside, struct link *link,
                      struct failure *f)
{
	const char *const names[] = { e->ifname, e->host_link.name };

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		const int found = link_by_name(inside, names[i], link, f);
		if (found < 0)
			return -1;
		if (found > 0 && (is_same(link, names[i], &e->host_link.mac) ||
		                  is_same(link, names[i], &e->mac)))
			return 1;
	}
	return 0;
}

int endpoint_link(const struct endpoint *e, struct sandbox *sandbox, struct link *link,
                  struct failure *f)
{
	struct failure refusal;

	if (e->host_link.name && !e->ready)
		return moved_link(e, &sandbox->rtnl, link, f);
	failure_clear(&refusal);
	const int found = link_by_index(&sandbox->rtnl, e->ifindex, link, &refusal);
	if (found < 0 && !link_is_unreadable(errno))
		return failure_pass(f, &refusal);
	/* The link exists, but root of the container attached more to it than one answer can hold.
	 */
	if (found < 0)
		*link = (struct link){
			.index = e->ifindex, .mac = e->mac, .mtu = e->mtu, .partial = true
		};
	if (link->partial) {
		snprintf(link->kind, sizeof link->kind, "%s", e->kind);
		return 1;
	}
	if (found == 0 || strcmp(link->kind, e->kind) != 0)
		return 0;
	return e->ready || strcmp(link->name, e->ifname) == 0;
}

int endpoint_sandbox(const struct endpoint *e, const char *path, const struct host *host,
                     struct sandbox *sandbox, struct failure *f)
{
	struct failure gone = { 0 };
	const char *where = path ? path : e->netns_path;
	const struct link_kind *kind = link_kind_find(e->kind);
	const unsigned extras = kind && !kind->tap ? 0 : SANDBOX_SYSFS;

	if (!where || !*where)
		return 0;
	OWNED(fd_release) int netns = netns_open(where, &gone);
	if (netns < 0 && netns_is_gone(errno))
		return 0;
	if (netns < 0)
		return failure_pass(f, &gone);
	if (sandbox_open(sandbox, host->netns, fd_take(&netns), extras, f) < 0)
		return -1;
	if (netns_same(&sandbox->id, &e->netns))
		return 1;
	sandbox_release(sandbox);
	return 0;
}

static int differs(struct failure *why, const struct endpoint *e, const char *details)
{
	fail(why, CNI_OTHER, details, "endpoint %s of container %s", e->ifname, e->container_id);
	return 0;
}

static int tap_verify(const struct endpoint *e, const struct sandbox *sandbox, int devices,
                      struct failure *why)
{
	struct tap_node node;
	dev_t number;
	const int known = tap_number(sandbox->sysfs, e->ifindex, &number, why);

	if (known < 0)
		return -1;
	if (known == 0)
		return differs(why, e, "its interface has no device");
	if (number != e->tap.number)
		return differs(why, e, "its device has another number than the record says");
	if (tap_look(devices, e->ifindex, &node, why) < 0)
		return -1;
	if (!node.device || node.number != number)
		return differs(why, e,
		               node.exists ? "its node on the host is another device"
		                           : "its node on the host is missing");
	return 1;
}

/* Like endpoint_link(), but say why the link was not found, and refuse a newer record. */
static int link_look(const struct endpoint *e, struct sandbox *sandbox, struct link *link,
                     struct failure *why)
{
	if (endpoint_is_newer(e))
		return differs(why, e, "its record is of a newer podtap");
	const int found = endpoint_link(e, sandbox, link, why);
	return found == 0 ? differs(why, e, "its interface is gone") : found;
}

/* Open the namespace that a record names. */
static int sandbox_look(const struct endpoint *e, struct sandbox *sandbox, struct failure *why)
{
	OWNED(host_release) struct host host = HOST_CLOSED;

	if (host_open(&host, why) < 0)
		return -1;
	const int open = endpoint_sandbox(e, NULL, &host, sandbox, why);
	return open == 0 ? differs(why, e, "its network namespace is gone") : open;
}

/* Verify as endpoint_verify_in() does, and return the link that was found. */
static int verify_found(const struct endpoint *e, struct sandbox *sandbox, int devices,
                        struct link *link, struct failure *why)
{
	struct link now;
	const int found = link_look(e, sandbox, &now, why);

	if (found <= 0)
		return found;
	*link = now;
	return e->tap.path ? tap_verify(e, sandbox, devices, why) : 1;
}

int endpoint_verify_in(const struct endpoint *e, struct sandbox *sandbox, int devices,
                       struct failure *why)
{
	struct link link;

	return verify_found(e, sandbox, devices, &link, why);
}

int endpoint_verify(const struct endpoint *e, struct link *link, struct failure *why)
{
	OWNED(sandbox_release) struct sandbox sandbox = SANDBOX_CLOSED;
	OWNED(fd_release) int devices = device_open(why);

	link->index = 0;
	if (devices < 0)
		return -1;
	const int open = sandbox_look(e, &sandbox, why);
	return open <= 0 ? open : verify_found(e, &sandbox, devices, link, why);
}

int endpoint_find_link(const struct endpoint *e, struct link *link, struct failure *why)
{
	OWNED(sandbox_release) struct sandbox sandbox = SANDBOX_CLOSED;
	const int open = sandbox_look(e, &sandbox, why);

	return open <= 0 ? open : link_look(e, &sandbox, link, why);
}
