/* SPDX-License-Identifier: Apache-2.0 */
/* The steps of a repair: those of an ADD, with what the record has in the place of what an ADD
 * draws or asks for. */
#include "plugin/repair.h"

#include "base/json.h"
#include "netns/privilege.h"
#include "plugin/attachment_open.h"
#include "plugin/cdi.h"
#include "plugin/cdi_owner.h"
#include "plugin/endpoint_guard.h"
#include "plugin/host_entry.h"
#include "plugin/link_setup.h"
#include "plugin/link_tap.h"
#include "plugin/master.h"
#include "plugin/policy.h"
#include "plugin/teardown.h"
#include "record/state.h"
#include "record/verify.h"

#include <errno.h>
#include <linux/if_link.h>
#include <stdio.h>

struct repairing {
	const struct repair *repair;
	struct attachment attachment;
	struct link_tap link_tap;
	struct host_entry host_entry;
	struct endpoint_guard guard;
	struct endpoint endpoint; /* as it becomes; borrows from the record */
	struct result lease;      /* the addresses and routes of the record */
	uint32_t cdi_former;
	bool begun; /* the record says that a repair is under way */
	bool committed;
};

/* Undo what was made, and write the record again as it was. */
static void undo(struct repairing *a, struct failure *ignored)
{
	struct host *host = &a->attachment.host;
	struct sandbox *sandbox = a->link_tap.linked ? &a->attachment.sandbox : NULL;

	a->endpoint.ready |= a->link_tap.proved;
	const int withdrawn = host_entry_undo(&a->host_entry, &host->rtnl, &a->endpoint, ignored);
	if (teardown_devices(&a->endpoint, host, sandbox, ignored) < 0 || withdrawn < 0 ||
	    endpoint_guard_undo(&a->guard, &host->rtnl, ignored) < 0)
		return; /* the record of a repair that is under way tells of the rest */
	if (endpoint_write(a->repair->record, a->link_tap.records, ignored) < 0)
		ignored->code = 0;
}

static void repairing_release(struct repairing *a)
{
	struct failure ignored = { 0 };

	if (a->begun && !a->committed)
		undo(a, &ignored);
	result_release(&a->lease);
	host_entry_release(&a->host_entry);
	endpoint_guard_release(&a->guard);
	fd_release(&a->link_tap.devices);
	fd_release(&a->link_tap.records);
	text_release(&a->link_tap.node);
	attachment_release(&a->attachment);
}

static int refuse(const struct repairing *a, const char *why, struct failure *f)
{
	const struct endpoint *e = a->repair->record;

	return fail(f, CNI_OTHER, why, "interface %s of container %s", e->ifname, e->container_id);
}

/* Returns 1 if the link is gone, 0 if it is there, or -1. A repair that was ended may have left
 * one. */
static int is_gone(struct repairing *a, struct failure *f)
{
	const struct endpoint *e = a->repair->record;
	struct sandbox *sandbox = &a->attachment.sandbox;
	struct link link;

	if (!netns_same(&sandbox->id, &e->netns))
		return refuse(a, "its path leads to another network namespace now", f);
	const enum found found = endpoint_link(e, sandbox, &link, f);
	if (found == FOUND_FAILED)
		return -1;
	return found == FOUND_NONE || e->repairing;
}

/* Choose the MAC address: in mode passthru the link has that of the master. */
static void choose_mac(struct repairing *a)
{
	struct config *c = &a->attachment.config;
	const bool own = c->has_mac || c->mac_word == MAC_STABLE;

	if (a->attachment.target.mode == MACVLAN_MODE_PASSTHRU && !own) {
		a->endpoint.mac = a->attachment.target.master.mac;
		return;
	}
	c->has_mac = true;
	c->mac = a->endpoint.mac;
}

static int describe(struct repairing *a, struct failure *f)
{
	const struct attachment *at = &a->attachment;
	struct endpoint *e = &a->endpoint;

	*e = *a->repair->record;
	e->source = NULL;
	e->version = ENDPOINT_VERSION;
	e->ready = false;
	e->repairing = true;
	e->master = at->target.master.name;
	e->mtu = at->config.mtu ? at->config.mtu : at->target.master.mtu;
	e->tap.path = NULL;
	e->host_link.name = NULL;
	e->host_access = 0;
	e->guard = 0;
	choose_mac(a);
	return host_entry_describe(&a->attachment, e, f) < 0
	               ? -1
	               : endpoint_guard_describe(&a->attachment, e, f);
}

/* Look at all that can refuse a repair, before anything changes. Returns as is_gone() does. */
static int examine(struct repairing *a, struct failure *f)
{
	struct attachment *at = &a->attachment;
	const struct endpoint *record = a->repair->record;

	if (attachment_reopen(at, a->repair->request, record, f) < 0)
		return -1;
	const int gone = is_gone(a, f);
	if (gone <= 0)
		return gone;
	if (policy_permit(at, f) < 0 ||
	    master_fits(&at->config, at->target.mode, attachment_master_rtnl(at),
	                &at->target.master, f) < 0 ||
	    describe(a, f) < 0 || cdi_permit(&a->endpoint, &at->host, &a->cdi_former, f) < 0 ||
	    result_read(&a->lease, record->source, V1_1_0, "the endpoint record", f) < 0)
		return -1;
	return 1;
}

/* Remove what is left of the endpoint: a node that podtap made, an entry of hostAccess on an
 * interface that is not the master any more, and one of the guard, whose program went with the
 * link.
 */
static int clear(struct repairing *a, struct failure *f)
{
	OWNED(endpoint_guard_release) struct endpoint_guard guard = ENDPOINT_GUARD_NONE;
	const struct endpoint *record = a->repair->record;
	struct host *host = &a->attachment.host;

	if ((record->host_access != a->endpoint.host_access &&
	     host_entry_remove(&host->rtnl, record, f) < 0) ||
	    endpoint_guard_open(&guard, &host->rtnl, record, f) < 0 ||
	    teardown_devices(record, host, &a->attachment.sandbox, f) < 0)
		return -1;
	return endpoint_guard_undo(&guard, &host->rtnl, f);
}

static int begin(struct repairing *a, struct failure *f)
{
	a->link_tap.records = endpoint_directory(a->endpoint.container_id, f);
	if (a->link_tap.records < 0 || clear(a, f) < 0)
		return -1;
	a->begun = true;
	return endpoint_write(&a->endpoint, a->link_tap.records, f);
}

static int set_up(struct repairing *a, const struct link_setup *setup, struct failure *f)
{
	struct ip in_use;
	char text[IP_TEXT];
	const int found = link_setup_apply(setup, &in_use, f);

	if (found <= 0)
		return found;
	return fail(f, CNI_OTHER, "another host took it meanwhile",
	            "address %s of interface %s of container %s is in use on the LAN",
	            ip_format(&in_use, text), a->endpoint.ifname, a->endpoint.container_id);
}

static int complete(struct repairing *a, const struct link_setup *setup, struct failure *f)
{
	struct endpoint *e = &a->endpoint;
	OWNED(json_release) cJSON *sysctls = link_setup_record(setup);

	if (!sysctls)
		return fail_errno(f, ENOMEM, "complete the endpoint record");
	e->sysctls = sysctls;
	e->ready = true;
	e->repairing = false;
	const int written = endpoint_write(e, a->link_tap.records, f);
	e->sysctls = NULL;
	return written;
}

static int make(struct repairing *a, struct failure *f)
{
	struct attachment *at = &a->attachment;
	struct endpoint *e = &a->endpoint;
	const struct link_setup setup = { at, e, at->config.ipam ? &a->lease : NULL,
		                          PROOF_AS_CONFIGURED };

	if (host_entry_make(&a->host_entry, at, e, a->repair->owner, f) < 0 ||
	    endpoint_guard_make(&a->guard, at, e, a->repair->owner, f) < 0 ||
	    privilege_keep(PRIVILEGE_WORKING, false, f) < 0 ||
	    (at->config.kind->tap && (a->link_tap.devices = device_open(f)) < 0) ||
	    link_tap_create(&a->link_tap, e, f) < 0 ||
	    endpoint_guard_attach(&a->guard, &at->sandbox.rtnl, e->ifindex, f) < 0 ||
	    (setup.lease && endpoint_guard_addresses(&a->guard, setup.lease, f) < 0) ||
	    set_up(a, &setup, f) < 0 || host_entry_confirm(&a->host_entry, e, f) < 0 ||
	    endpoint_guard_confirm(&a->guard, f) < 0 || cdi_write(e, a->cdi_former, f) < 0 ||
	    complete(a, &setup, f) < 0)
		return -1;
	return link_tap_number(&a->link_tap, e, f);
}

int repair(struct repair *r, struct failure *f)
{
	OWNED(repairing_release)
	struct repairing a = { .repair = r,
		               .attachment = { .host = HOST_CLOSED, .sandbox = SANDBOX_CLOSED },
		               .link_tap = { .records = -1,
		                             .devices = -1,
		                             .fixed = true,
		                             .former = r->record->tap.path ? r->record->tap.number
		                                                           : 0 },
		               .host_entry = HOST_ENTRY_NONE,
		               .guard = ENDPOINT_GUARD_NONE };

	a.link_tap.attachment = &a.attachment;
	const int gone = examine(&a, f);
	if (gone <= 0 || r->dry)
		return gone;
	if (begin(&a, f) < 0 || make(&a, f) < 0)
		return -1;
	a.committed = true;
	r->tap = a.endpoint.tap.path ? a.endpoint.tap.number : 0;
	return 1;
}
