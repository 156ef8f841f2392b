/* SPDX-License-Identifier: Apache-2.0 */
/* Removing former endpoints. All decisions precede all removals. */
#include "plugin/former.h"

#include "ipam/ipam.h"
#include "plugin/host_entry.h"
#include "plugin/teardown.h"
#include "record/verify.h"

#include <stdio.h>
#include <string.h>

/* A former endpoint in its present state. */
struct former {
	struct endpoint record;
	struct sandbox there;    /* its namespace, if that is not the new endpoint's */
	struct sandbox *sandbox; /* its namespace; NULL: that is gone */
	struct link link;        /* its link; index 0: that is gone */
};

static void former_release(struct former *old)
{
	endpoint_release(&old->record);
	sandbox_release(&old->there);
}

/* Find the namespace and the link that the record names. */
static int look(struct former *old, struct attachment *a, struct failure *f)
{
	const struct endpoint *e = &old->record;
	enum found open = FOUND;

	old->sandbox = &a->sandbox;
	if (!netns_same(&e->netns, &a->sandbox.id)) {
		old->sandbox = &old->there;
		open = endpoint_sandbox(e, NULL, &a->host, 0, &old->there, f);
	}
	const enum found found =
	        open == FOUND ? endpoint_link(e, old->sandbox, &old->link, f) : open;
	if (open != FOUND)
		old->sandbox = NULL;
	if (found == FOUND_NONE)
		old->link.index = 0;
	return found == FOUND_FAILED ? -1 : 0;
}

static int refuse_living(const struct former *old, struct failure *f)
{
	const struct endpoint *e = &old->record;

	return fail(f, CNI_OTHER, "a second ADD needs a DEL first",
	            "interface %s of container %s exists already, as %s in %.400s", e->ifname,
	            e->container_id, old->link.name,
	            e->netns_path ? e->netns_path : "its namespace");
}

/* Release the addresses as a DEL does, if the record is of this network. The configuration of
 * another network is not known here. */
static int release_addresses(const struct former *old, const struct attachment *a,
                             struct failure *f)
{
	const struct endpoint *e = &old->record;
	const char *ipam = a->config.ipam;

	if (!e->ipam)
		return 0;
	if (ipam && strcmp(ipam, e->ipam) == 0 && strcmp(e->network, a->request->name) == 0)
		return ipam_release(a->request, ipam, e->container_id, e->ifname, e->netns_path, f);
	fprintf(stderr,
	        "podtap: interface %s of container %s was in network %s with IPAM plugin %s: its "
	        "addresses may stay reserved there\n",
	        e->ifname, e->container_id, e->network, e->ipam);
	return 0;
}

int former_clear(struct attachment *a, const struct endpoint *e, struct failure *f)
{
	OWNED(former_release) struct former old = { .there = SANDBOX_CLOSED };
	OWNED(endpoint_guard_release) struct endpoint_guard guard = ENDPOINT_GUARD_NONE;
	struct failure unreadable = { 0 };
	const enum found found =
	        endpoint_read(e->container_id, e->ifname, &old.record, &unreadable);

	if (found == FOUND_FAILED && unreadable.code == CNI_IO)
		return failure_join(f, &unreadable);
	if (found != FOUND)
		return endpoint_remove(e->container_id, e->ifname, f);
	/* The new endpoint takes over the link that the former one was about to take over. */
	if (old.record.host_link.name && old.record.host_link.ifindex == e->host_link.ifindex)
		old.record.host_link.name = NULL;
	if (look(&old, a, f) < 0)
		return -1;
	if (old.link.index && old.record.ready)
		return refuse_living(&old, f);
	if (release_addresses(&old, a, f) < 0)
		return -1;
	if (host_entry_remove(&a->host.rtnl, &old.record, f) < 0 ||
	    endpoint_guard_open(&guard, &a->host.rtnl, &old.record, f) < 0)
		return -1;
	return teardown(&old.record, &a->host, old.sandbox, &guard, f);
}
