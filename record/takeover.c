/* SPDX-License-Identifier: Apache-2.0 */
/* Finding, moving and removing links that KubeVirt's device plugin made. */
#include "record/takeover.h"

#include "netns/sandbox.h"
#include "netns/tap.h"
#include "record/resources.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

static const char macvtap[] = "macvtap";

/* As KubeVirt's device plugin names a device's link, since names of interfaces are short. */
static void hashed_name(const char *device_id, char name[static IFNAMSIZ])
{
	const uint64_t hash = XXH64(device_id, strlen(device_id), 0) & 0xffffffffffff;

	snprintf(name, IFNAMSIZ, "mvt%012" PRIx64, hash);
}

/* A macvtap of exactly this name: an alternative name is nobody's promise. */
static int by_name(struct rtnl *host, const char *name, struct link *link, struct failure *f)
{
	const int found = link_by_name(host, name, link, f);

	if (found <= 0)
		return found;
	return strcmp(link->kind, macvtap) == 0 && strcmp(link->name, name) == 0;
}

int takeover_look(struct rtnl *host, const char *device_id, struct link *link, struct failure *f)
{
	char hashed[IFNAMSIZ];
	int found;

	hashed_name(device_id, hashed);
	found = by_name(host, hashed, link, f);
	/* A link of any other name is whoever's: a virtual machine's of the host's, perhaps. */
	if (found || strlen(device_id) >= IFNAMSIZ || !resource_is_named(device_id))
		return found;
	return by_name(host, device_id, link, f);
}

int takeover_find(struct host *host, const char *device_id, struct taken *taken, struct failure *f)
{
	OWNED(sandbox_release) struct sandbox here = SANDBOX_CLOSED;
	const int found = takeover_look(&host->rtnl, device_id, &taken->link, f);

	if (found <= 0) {
		taken->link.index = 0;
		return found;
	}
	OWNED(fd_release) int netns = fcntl(host->netns, F_DUPFD_CLOEXEC, 0);
	if (netns < 0)
		return fail_errno(f, errno, "look at the host's devices");
	if (sandbox_open(&here, host->netns, fd_take(&netns), SANDBOX_SYSFS, f) < 0)
		return -1;
	return tap_number(here.sysfs, taken->link.index, &taken->number, f) < 0 ? -1 : 1;
}

/* What of the link wanted came of the move. */
static int moved_find(struct rtnl *inside, const struct link_want *want, uint32_t *index,
                      struct failure *f)
{
	struct link link;
	const int found = by_name(inside, want->name, &link, f);

	if (found == 0)
		return fail(f, CNI_AGAIN, "it went away meanwhile",
		            "find interface %s after its move", want->name);
	*index = link.index;
	return found;
}

int takeover_move(const struct taken *taken, struct rtnl *host, struct rtnl *inside, int devices,
                  const struct link_want *want, uint32_t *index, struct failure *f)
{
	struct failure refusal = { 0 };
	struct tap_node node;

	/* The move gives the link another device: its node, where no kernel removes it, would be a
	 * stranger's one day. Whatever still has the name then is a stranger's now. */
	if (tap_remove(devices, taken->link.index, taken->number, f) < 0 ||
	    tap_look(devices, want->index, &node, f) < 0)
		return -1;
	if (node.exists)
		return 0;
	if (link_move(host, taken->link.index, want, &refusal) == 0)
		return moved_find(inside, want, index, f);
	if (errno == EBUSY)
		return 0;
	return fail(f, refusal.code, refusal.details, "%s: %s", taken->link.name, refusal.msg);
}

static bool is_same(const struct link *link, const char *name, const struct mac *mac)
{
	return strcmp(link->kind, macvtap) == 0 && strcmp(link->name, name) == 0 &&
	       mac_equal(&link->mac, mac);
}

/* The index, the name and the MAC address, which was drawn at random: a later link of that name,
 * for another pod, differs in two of them. */
int takeover_undo(const struct endpoint *e, struct rtnl *host, struct failure *f)
{
	struct link link;

	if (!e->taken.name || e->ready)
		return 0;
	const int found = link_by_index(host, e->taken.ifindex, &link, f);
	if (found <= 0)
		return found;
	return is_same(&link, e->taken.name, &e->taken.mac) ? link_delete(host, link.index, f) : 0;
}

int takeover_find_moved(const struct endpoint *e, struct rtnl *inside, struct link *link,
                        struct failure *f)
{
	const char *const names[] = { e->ifname, e->taken.name };

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		const int found = link_by_name(inside, names[i], link, f);
		if (found < 0)
			return -1;
		if (found > 0 &&
		    (is_same(link, names[i], &e->taken.mac) || is_same(link, names[i], &e->mac)))
			return 1;
	}
	return 0;
}
