/* SPDX-License-Identifier: Apache-2.0 */
/* Undoing endpoints: only what is provably podtap's, in reverse order of creation. */
#include "plugin/teardown.h"

#include "netns/char_link.h"
#include "netns/tap.h"
#include "plugin/cdi.h"
#include "plugin/host_entry.h"
#include "plugin/takeover.h"
#include "record/ifindex.h"
#include "record/state.h"
#include "record/verify.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Remove the node of a link and the symlink from its number. The kernel removes only nodes that it
 * created itself. */
static int remove_node(uint32_t ifindex, dev_t number, struct failure *f)
{
	struct failure refusal = { 0 };
	OWNED(fd_release) int directory = device_open(&refusal);

	if (directory < 0 && errno == ENOENT)
		return 0;
	if (directory < 0)
		return failure_pass(f, &refusal);
	const int link_removed = char_link_remove(directory, ifindex, number, f);
	return tap_remove(directory, ifindex, number, f) < 0 ? -1 : link_removed;
}

/* Remove a link without a record, and its node. Remove the node before the link: without the link,
 * its number may become another pod's. */
static int remove_unrecorded(struct sandbox *sandbox, const struct link *link, struct failure *f)
{
	const struct link_kind *kind = link_kind_find(link->kind);
	dev_t number;
	enum found tap = kind && kind->tap ? sandbox_tap_number(sandbox, link->index, &number, f)
	                                   : FOUND_NONE;

	if (tap == FOUND)
		tap = remove_node(link->index, number, f);
	int link_gone = sandbox_delete_link(sandbox, link->index, f);
	return tap == FOUND_FAILED ? -1 : link_gone;
}

/* Whether another attachment has the link's index now. Then the node and link of that index are
 * its. */
static int is_others(uint32_t ifindex, const char *container_id, const char *ifname,
                     struct failure *f)
{
	const int others = ifindex_is_others(ifindex, container_id, ifname, f);

	if (others > 0)
		fprintf(stderr, "podtap: link %u is another attachment's: left alone\n", ifindex);
	return others;
}

static int remove_devices(const struct endpoint *e, struct sandbox *sandbox, struct failure *f)
{
	struct link link;
	enum found found = sandbox ? endpoint_link(e, sandbox, &link, f) : FOUND_NONE;
	int failed = found == FOUND_FAILED;

	failed |= cdi_remove(e, f) < 0;
	/* A node that podtap made has the recorded number, also if the link was moved away and back
	 * and has another one now. The kernel removes a node of its own with the link. Remove the
	 * node first: without the link, its number may become another pod's. */
	if (e->tap.path)
		failed |= remove_node(e->ifindex, e->tap.number, f) < 0;
	if (found == FOUND)
		failed |= sandbox_delete_link(sandbox, link.index, f) < 0;
	return failed ? -1 : 0;
}

int teardown_devices(const struct endpoint *e, struct host *host, struct sandbox *sandbox,
                     struct failure *f)
{
	const int others = is_others(e->ifindex, e->container_id, e->ifname, f);
	int failed = others < 0;

	failed |= takeover_undo(e, &host->rtnl, f) < 0;
	if (others == 0)
		failed |= remove_devices(e, sandbox, f) < 0;
	return failed ? -1 : 0;
}

int teardown(const struct endpoint *e, struct host *host, struct sandbox *sandbox,
             struct endpoint_guard *guard, struct failure *f)
{
	/* After a failure the record stays for the next DEL or GC. A link that is still there must
	 * not get rid of its guard. */
	if (teardown_devices(e, host, sandbox, f) < 0 ||
	    endpoint_guard_undo(guard, &host->rtnl, f) < 0 ||
	    ifindex_release(e->ifindex, e->container_id, e->ifname, f) < 0)
		return -1;
	return endpoint_remove(e->container_id, e->ifname, f);
}

/* Find the kind of a link whose description lacks it. For a tap, sysfs has it. Another link is ours
 * if this attachment's ADD claimed its index. */
static int kind_find(struct link *link, const char *container_id, const char *ifname,
                     struct sandbox *sandbox, struct failure *f)
{
	dev_t number;
	const int tap = link->partial ? sandbox_tap_number(sandbox, link->index, &number, f) : 0;
	const int claimed = link->partial && !tap
	                            ? ifindex_is_claimed(link->index, container_id, ifname, f)
	                            : 0;

	if (tap > 0 || claimed > 0)
		snprintf(link->kind, sizeof link->kind, "%s", tap > 0 ? "macvtap" : "macvlan");
	return tap < 0 || claimed < 0 ? -1 : 0;
}

int teardown_by_name(const char *container_id, const char *ifname, struct sandbox *sandbox,
                     struct failure *f)
{
	struct link link;
	enum found found = link_by_name(&sandbox->rtnl, ifname, &link, f);

	if (found != FOUND)
		return found;
	if (strcmp(link.name, ifname) != 0) { /* any program may add alternative names */
		fprintf(stderr, "podtap: %s is another name of %s: left alone\n", ifname,
		        link.name);
		return 0;
	}
	if (kind_find(&link, container_id, ifname, sandbox, f) < 0)
		return -1;
	if (!link_kind_find(link.kind)) {
		fprintf(stderr, "podtap: %s is no macvtap or macvlan but %s: left alone\n", ifname,
		        link.kind[0] ? link.kind : "of no kind");
		return 0;
	}
	/* The runtime's path leads to another pod now. */
	const int others = is_others(link.index, container_id, ifname, f);
	if (others)
		return others < 0 ? -1 : 0;
	dev_t number;
	const int device = cdi_remove_unrecorded(link.index, &number, f);
	if (host_entry_forget(&link, container_id, ifname, f) < 0 ||
	    remove_unrecorded(sandbox, &link, f) < 0 ||
	    endpoint_guard_forget(&link, container_id, ifname, f) < 0 || device < 0)
		return -1;
	return ifindex_release(link.index, container_id, ifname, f);
}

static int remove_noted(uint32_t index, const char *container_id, const char *ifname,
                        struct sandbox *sandbox, struct failure *f)
{
	struct link link;
	dev_t number;
	const enum found found =
	        sandbox ? link_by_index(&sandbox->rtnl, index, &link, f) : FOUND_NONE;
	int failed = found == FOUND_FAILED;

	failed |= cdi_remove_unrecorded(index, &number, f) < 0;
	if (found == FOUND && link_kind_find(link.kind))
		failed |= host_entry_forget(&link, container_id, ifname, f) < 0 ||
		          remove_unrecorded(sandbox, &link, f) < 0 ||
		          endpoint_guard_forget(&link, container_id, ifname, f) < 0;
	else if (number)
		failed |= remove_node(index, number, f) < 0;
	return failed ? -1 : 0;
}

int teardown_noted(const char *container_id, const char *ifname, struct sandbox *sandbox,
                   struct failure *f)
{
	uint32_t index;
	int found;

	while ((found = ifindex_find(container_id, ifname, &index, f)) > 0)
		if (remove_noted(index, container_id, ifname, sandbox, f) < 0 ||
		    ifindex_release(index, container_id, ifname, f) < 0)
			return -1;
	return found;
}
