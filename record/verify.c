/* SPDX-License-Identifier: Apache-2.0 */
/* Verifying endpoint records. */
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
static enum found moved_link(const struct endpoint *e, struct rtnl *inside, struct link *link,
                             struct failure *f)
{
	const char *const names[] = { e->ifname, e->host_link.name };

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		const enum found found = link_by_name(inside, names[i], link, f);
		if (found == FOUND_FAILED)
			return FOUND_FAILED;
		if (found == FOUND && (is_same(link, names[i], &e->host_link.mac) ||
		                       is_same(link, names[i], &e->mac)))
			return FOUND;
	}
	return FOUND_NONE;
}

enum found endpoint_link(const struct endpoint *e, struct sandbox *sandbox, struct link *link,
                         struct failure *f)
{
	struct failure refusal;

	if (e->host_link.name && !e->ready)
		return moved_link(e, &sandbox->rtnl, link, f);
	failure_clear(&refusal);
	const enum found found = link_by_index(&sandbox->rtnl, e->ifindex, link, &refusal);
	if (found == FOUND_FAILED && !link_is_unreadable(errno))
		return failure_pass(f, &refusal);
	/* The link exists, but root of the container attached more to it than one answer can hold.
	 */
	if (found == FOUND_FAILED)
		*link = (struct link){
			.index = e->ifindex, .mac = e->mac, .mtu = e->mtu, .partial = true
		};
	if (link->partial) {
		snprintf(link->kind, sizeof link->kind, "%s", e->kind);
		return FOUND;
	}
	if (found == FOUND_NONE || strcmp(link->kind, e->kind) != 0)
		return FOUND_NONE;
	return e->ready || strcmp(link->name, e->ifname) == 0 ? FOUND : FOUND_NONE;
}

enum found endpoint_sandbox(const struct endpoint *e, const char *path, const struct host *host,
                            unsigned extras, struct sandbox *sandbox, struct failure *f)
{
	struct failure gone = { 0 };
	const char *where = path ? path : e->netns_path;

	if (!where || !*where)
		return FOUND_NONE;
	OWNED(fd_release) int netns = netns_open(where, &gone);
	if (netns < 0 && netns_is_gone(errno))
		return FOUND_NONE;
	if (netns < 0)
		return failure_pass(f, &gone);
	if (sandbox_open(sandbox, host->netns, fd_take(&netns), extras, f) < 0)
		return FOUND_FAILED;
	if (netns_same(&sandbox->id, &e->netns))
		return FOUND;
	sandbox_release(sandbox);
	return FOUND_NONE;
}

static int differs(struct failure *why, const struct endpoint *e, const char *details)
{
	fail(why, CNI_OTHER, details, "endpoint %s of container %s", e->ifname, e->container_id);
	return 0;
}

static enum verified tap_verify(const struct endpoint *e, struct sandbox *sandbox, int devices,
                                struct failure *why)
{
	struct tap_node node;
	dev_t number;
	const enum found known = sandbox_tap_number(sandbox, e->ifindex, &number, why);

	if (known == FOUND_FAILED)
		return VERIFY_FAILED;
	if (known == FOUND_NONE)
		return differs(why, e, "its interface has no device");
	if (number != e->tap.number)
		return differs(why, e, "its device has another number than the record says");
	if (tap_look(devices, e->ifindex, &node, why) < 0)
		return VERIFY_FAILED;
	if (!node.device || node.number != number)
		return differs(why, e,
		               node.exists ? "its node on the host is another device"
		                           : "its node on the host is missing");
	return VERIFIED;
}

/* Like endpoint_link(), but say why the link was not found, and refuse a newer record. */
static enum found link_look(const struct endpoint *e, struct sandbox *sandbox, struct link *link,
                            struct failure *why)
{
	if (endpoint_is_newer(e))
		return differs(why, e, "its record is of a newer podtap");
	const enum found found = endpoint_link(e, sandbox, link, why);
	return found == FOUND_NONE
	               ? differs(why, e,
	                         "its interface is gone: podtapctl repair makes it again, if its "
	                         "master is there")
	               : found;
}

/* Open the namespace that a record names. */
static enum found sandbox_look(const struct endpoint *e, const struct host *host,
                               struct sandbox *sandbox, struct failure *why)
{
	const enum found open = endpoint_sandbox(e, NULL, host, 0, sandbox, why);
	return open == FOUND_NONE ? differs(why, e, "its network namespace is gone") : open;
}

/* Verify as endpoint_verify_in() does, and return the link that was found. */
static enum verified verify_found(const struct endpoint *e, struct sandbox *sandbox, int devices,
                                  struct link *link, struct failure *why)
{
	struct link now;
	const enum found found = link_look(e, sandbox, &now, why);

	if (found != FOUND)
		return found == FOUND_NONE ? DIFFERS : VERIFY_FAILED;
	*link = now;
	return e->tap.path ? tap_verify(e, sandbox, devices, why) : VERIFIED;
}

enum verified endpoint_verify_in(const struct endpoint *e, struct sandbox *sandbox, int devices,
                                 struct failure *why)
{
	struct link link;

	return verify_found(e, sandbox, devices, &link, why);
}

int verifier_open(struct verifier *v, struct failure *f)
{
	*v = (struct verifier)VERIFIER_CLOSED;
	if (host_open(&v->host, f) < 0)
		return -1;
	v->devices = device_open(f);
	if (v->devices < 0)
		verifier_release(v);
	return v->devices < 0 ? -1 : 0;
}

void verifier_release(struct verifier *v)
{
	fd_release(&v->devices);
	host_release(&v->host);
}

enum verified endpoint_verify(const struct verifier *v, const struct endpoint *e, struct link *link,
                              struct failure *why)
{
	OWNED(sandbox_release) struct sandbox sandbox = SANDBOX_CLOSED;

	link->index = 0;
	const enum found open = sandbox_look(e, &v->host, &sandbox, why);
	if (open != FOUND)
		return open == FOUND_NONE ? DIFFERS : VERIFY_FAILED;
	return verify_found(e, &sandbox, v->devices, link, why);
}

enum found endpoint_exists(const struct endpoint *e, const struct host *host, struct failure *why)
{
	OWNED(sandbox_release) struct sandbox sandbox = SANDBOX_CLOSED;
	struct link link;
	enum found found = sandbox_look(e, host, &sandbox, why);

	if (found != FOUND)
		return found;
	found = endpoint_link(e, &sandbox, &link, why);
	return found == FOUND_NONE ? differs(why, e, "its interface is gone") : found;
}

enum found endpoint_find_link(const struct endpoint *e, struct link *link, struct failure *why)
{
	OWNED(host_release) struct host host = HOST_CLOSED;
	OWNED(sandbox_release) struct sandbox sandbox = SANDBOX_CLOSED;

	if (host_open(&host, why) < 0)
		return FOUND_FAILED;
	const enum found open = sandbox_look(e, &host, &sandbox, why);
	return open != FOUND ? open : link_look(e, &sandbox, link, why);
}
