/* SPDX-License-Identifier: Apache-2.0 */
/* Finding, moving and removing links that KubeVirt's device plugin made. */
#include "plugin/takeover.h"

#include "base/hash.h"
#include "netns/sandbox.h"
#include "netns/tap.h"
#include "record/resources.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char macvtap[] = "macvtap";

/* Write the name that KubeVirt's device plugin gives a link. It hashes the deviceID, because
 * interface names are short. */
static void hashed_name(const char *device_id, char name[static IFNAMSIZ])
{
	const uint64_t hash = text_hash(device_id) & 0xffffffffffff;

	snprintf(name, IFNAMSIZ, "mvt%012" PRIx64, hash);
}

/* Find a macvtap with exactly this name. Any program may give a link an alternative name. */
static enum found by_name(struct rtnl *host, const char *name, struct link *link, struct failure *f)
{
	const enum found found = link_by_name(host, name, link, f);

	if (found != FOUND)
		return found;
	return link_is(link, macvtap, name) ? FOUND : FOUND_NONE;
}

enum found takeover_find_link(struct rtnl *host, const char *device_id, struct link *link,
                              struct failure *f)
{
	char hashed[IFNAMSIZ];
	enum found found;

	hashed_name(device_id, hashed);
	found = by_name(host, hashed, link, f);
	/* A link with another name may belong to a virtual machine on the host. */
	if (found || strlen(device_id) >= IFNAMSIZ || !resource_is_named(device_id))
		return found;
	return by_name(host, device_id, link, f);
}

enum found takeover_find(struct host *host, const char *device_id, struct takeover *t,
                         struct failure *f)
{
	OWNED(sandbox_release) struct sandbox here = SANDBOX_CLOSED;
	const enum found found = takeover_find_link(&host->rtnl, device_id, &t->link, f);

	if (found != FOUND) {
		t->link.index = 0;
		return found;
	}
	OWNED(fd_release) int netns = fcntl(host->netns, F_DUPFD_CLOEXEC, 0);
	if (netns < 0)
		return fail_errno(f, errno, "look at the host's devices");
	if (sandbox_open(&here, host->netns, fd_take(&netns), SANDBOX_SYSFS, f) < 0)
		return FOUND_FAILED;
	return tap_number(here.sysfs, t->link.index, &t->number, f) < 0 ? FOUND_FAILED : FOUND;
}

/* Find the link after its move. */
static int moved_find(struct rtnl *inside, const struct link_want *want, uint32_t *index,
                      struct failure *f)
{
	struct link link;
	const enum found found = by_name(inside, want->name, &link, f);

	if (found == FOUND_NONE)
		return fail(f, CNI_AGAIN, "it went away meanwhile",
		            "find interface %s after its move", want->name);
	*index = link.index;
	return found == FOUND ? 0 : -1;
}

enum takeover_moved takeover_move(const struct takeover *t, struct rtnl *host, struct rtnl *inside,
                                  int devices, const struct link_want *want, uint32_t *index,
                                  struct failure *f)
{
	struct failure refusal = { 0 };
	struct tap_node node;

	/* The move gives the link another device number. Remove its node first: the kernel does not
	 * remove every node, and a stale one would lead to another pod's tap one day. After that, a
	 * node with the name belongs to another program. */
	if (tap_remove(devices, t->link.index, t->number, f) < 0 ||
	    tap_look(devices, want->index, &node, f) < 0)
		return MOVE_FAILED;
	if (node.exists)
		return MOVE_IN_USE;
	if (link_move(host, t->link.index, want, &refusal) == 0)
		return moved_find(inside, want, index, f) < 0 ? MOVE_FAILED : MOVED;
	if (errno == EBUSY)
		return MOVE_IN_USE;
	return (enum takeover_moved)fail(f, refusal.code, refusal.details, "%s: %s", t->link.name,
	                                 refusal.msg);
}

/* Compare index, name and MAC address. The MAC address is random, so a later link with that name,
 * for another pod, differs in index and MAC address. */
int takeover_undo(const struct endpoint *e, struct rtnl *host, struct failure *f)
{
	struct link link;

	if (!e->host_link.name || e->ready)
		return 0;
	const enum found found = link_by_index(host, e->host_link.ifindex, &link, f);
	if (found != FOUND)
		return found;
	if (!link_is(&link, macvtap, e->host_link.name) || !mac_equal(&link.mac, &e->host_link.mac))
		return 0;
	return link_delete(host, link.index, f);
}
