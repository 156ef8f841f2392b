/* SPDX-License-Identifier: Apache-2.0 */
/* ADD: turn a request into an endpoint and its result, or leave nothing behind. */
#include "plugin/verbs.h"

#include "base/errno_text.h"
#include "base/file.h"
#include "base/json.h"
#include "base/utc.h"
#include "cni/program.h"
#include "netns/privilege.h"
#include "plugin/attachment_open.h"
#include "plugin/cdi.h"
#include "plugin/cdi_name.h"
#include "plugin/cdi_owner.h"
#include "plugin/endpoint_guard.h"
#include "plugin/former.h"
#include "plugin/host_entry.h"
#include "plugin/lease.h"
#include "plugin/link_setup.h"
#include "plugin/link_tap.h"
#include "plugin/master.h"
#include "plugin/pod.h"
#include "plugin/policy.h"
#include "plugin/takeover_sweep.h"
#include "plugin/tap_owner.h"
#include "plugin/teardown.h"
#include "record/ifindex.h"
#include "record/owner.h"
#include "record/state.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>

/* All that an ADD creates. adding_release() undoes it unless `committed`. */
struct adding {
	struct attachment attachment;
	struct link_tap link_tap;
	struct endpoint endpoint;
	struct host_entry host_entry;
	struct endpoint_guard guard;
	struct lease lease;
	char created[UTC_TEXT];
	char *netns_path; /* absolute, owned; NULL: CNI_NETNS is absolute */
	char cdi[CDI_NAME_MAX];
	uint32_t cdi_former; /* result of cdi_permit() */
	struct pod pod;
	int owner; /* holds the ownership of the attachment; -1: not yet */
	bool busy; /* another call owns the attachment */
	bool committed;
};

/* Close what undoing does not use. When the process has no descriptor left, undoing needs these. */
static void descriptors_spare(struct adding *a)
{
	struct sandbox *sandbox = &a->attachment.sandbox;

	fd_release(&a->link_tap.records);
	fd_release(&sandbox->netns);
	fd_release(&sandbox->events);
	fd_release(&sandbox->arp);
	for (size_t i = 0; i < SETTINGS_KINDS; i++)
		fd_release(&sandbox->settings[i]);
	fd_release(&sandbox->procfs);
}

/* Undo the endpoint. If its addresses could not be given back, keep the record, with which the next
 * DEL, GC or ADD does that. */
static void undo_recorded(struct adding *a, struct failure *ignored)
{
	struct host *host = &a->attachment.host;
	struct sandbox *sandbox = a->link_tap.linked ? &a->attachment.sandbox : NULL;
	const int withdrawn = host_entry_undo(&a->host_entry, &host->rtnl, &a->endpoint, ignored);
	const int undone = a->lease.unreturned || withdrawn < 0
	                           ? teardown_devices(&a->endpoint, host, sandbox, ignored)
	                           : teardown(&a->endpoint, host, sandbox, &a->guard, ignored);

	if (undone < 0 || withdrawn < 0)
		ignored->code = 0;
}

/* Undo in reverse order. ADD reports the failure that came first, not those of undoing. */
static void adding_release(struct adding *a)
{
	struct failure ignored;
	struct attachment *at = &a->attachment;
	const bool recorded = a->link_tap.records >= 0;

	failure_clear(&ignored);
	if (!a->committed)
		descriptors_spare(a);
	/* A failure here does not stop the rest. The lease notes it. */
	if (!a->committed && lease_give_back(&a->lease, at, &ignored) < 0)
		ignored.code = 0;
	/* A link that was created may have been renamed since, like that of a ready endpoint. */
	a->endpoint.ready |= a->link_tap.proved;
	if (!a->committed && recorded)
		undo_recorded(a, &ignored);
	/* Another call that owns the attachment may be taking this link over. */
	if (!a->committed && !recorded && !a->busy && at->host.netns >= 0 &&
	    takeover_sweep(at->request, &at->host.rtnl, &ignored) < 0)
		ignored.code = 0;
	if (a->committed)
		sandbox_leave_mounts(&at->sandbox);
	lease_release(&a->lease);
	host_entry_release(&a->host_entry);
	endpoint_guard_release(&a->guard);
	fd_release(&a->link_tap.devices);
	fd_release(&a->link_tap.records);
	text_release(&a->link_tap.node);
	text_release(&a->netns_path);
	attachment_release(at);
	fd_release(&a->owner);
}

/* Make the path of the namespace absolute, for readers of the record in other directories. */
static int netns_locate(struct adding *a, struct failure *f)
{
	const char *path = a->attachment.request->netns;
	char here[PATH_MAX];

	a->endpoint.netns_path = path;
	if (*path == '/')
		return 0;
	if (!getcwd(here, sizeof here))
		return fail_errno(f, errno, "find the working directory");
	a->netns_path = path_join(here, path);
	if (!a->netns_path)
		return fail(f, CNI_ENV, errno_text(errno), "CNI_NETNS %s", path);
	a->endpoint.netns_path = a->netns_path;
	return 0;
}

/* Keep the index if possible: the link's maker has reported that tap to the kubelet. */
static void describe_takeover(struct endpoint *e, const struct link *link, const struct config *c)
{
	e->host_link.name = link->name;
	e->host_link.ifindex = link->index;
	e->host_link.mac = link->mac;
	e->ifindex = link->index;
	e->mtu = c->mtu ? c->mtu : link->mtu;
}

static int describe(struct adding *a, struct failure *f)
{
	const struct attachment *at = &a->attachment;
	const struct config *c = &at->config;

	a->endpoint = (struct endpoint){
		.network = at->request->name,
		.container_id = at->request->container_id,
		.ifname = at->request->ifname,
		.netns = at->sandbox.id,
		.kind = c->kind->name,
		.mode = word_text(link_modes, at->target.mode),
		.master = at->target.master.name,
		.mtu = c->mtu ? c->mtu : at->target.master.mtu,
		.queues = c->queues,
		.address_owner = address_owner_name(c->address_owner),
		.ipam = c->ipam,
		.device_id = c->device_id,
		.vm_devices = c->vm_devices,
		.created = utc_now(a->created),
		.call = { at->request->args, at->request->path, at->request->text },
	};
	pod_describe(&a->pod, at->request->args, &a->endpoint);
	if (tap_owner_find(at, &a->endpoint, f) < 0 || netns_locate(a, f) < 0 ||
	    cdi_name(c, at->request, a->cdi, f) < 0)
		return -1;
	if (*a->cdi)
		a->endpoint.cdi = a->cdi;
	if (attachment_mac(at, &a->endpoint.mac, f) < 0 ||
	    host_entry_describe(&a->attachment, &a->endpoint, f) < 0 ||
	    endpoint_guard_describe(&a->attachment, &a->endpoint, f) < 0)
		return -1;
	if (at->target.takeover.link.index) {
		describe_takeover(&a->endpoint, &at->target.takeover.link, c);
		return 0;
	}
	return ifindex_draw(&a->endpoint.ifindex, f);
}

static int become_owner(struct adding *a, struct failure *f)
{
	const struct request *r = a->attachment.request;

	a->owner = owner_open(f);
	if (a->owner < 0)
		return -1;
	const int ours = owner_become(a->owner, r->container_id, r->ifname, LOCK_WAIT_S, f);
	a->busy = ours == 0;
	return ours ? ours : owner_refuse(r->container_id, r->ifname, f);
}

/* Create the record. A GC at the same time either sees it, or ends before addresses are reserved.
 */
static int create_record(struct adding *a, bool *exists, struct failure *f)
{
	const char *network = a->attachment.request->name;

	*exists = false;
	if (owner_gate_enter(a->owner, network, f) < 0)
		return -1;
	a->link_tap.records = endpoint_create(&a->endpoint, exists, f);
	owner_gate_leave(a->owner, network);
	return a->link_tap.records < 0 ? -1 : 0;
}

static int record_intent(struct adding *a, struct failure *f)
{
	struct failure refusal;
	bool exists;

	failure_clear(&refusal);
	if (create_record(a, &exists, &refusal) == 0)
		return 0;
	if (!exists)
		return failure_pass(f, &refusal);
	if (former_clear(&a->attachment, &a->endpoint, f) < 0)
		return -1;
	return create_record(a, &exists, f);
}

static int make_endpoint(struct adding *a, struct failure *f)
{
	struct attachment *at = &a->attachment;
	const struct link_setup c = { at, &a->endpoint, NULL, PROOF_AS_CONFIGURED };
	const char *ipam = at->config.ipam;
	struct ip in_use;

	if (at->config.kind->tap && (a->link_tap.devices = device_open(f)) < 0)
		return -1;
	if (link_tap_create(&a->link_tap, &a->endpoint, f) < 0 ||
	    endpoint_guard_attach(&a->guard, &at->sandbox.rtnl, a->endpoint.ifindex, f) < 0)
		return -1;
	return ipam ? lease_assign(&a->lease, at, &a->endpoint, f)
	            : link_setup_apply(&c, &in_use, f);
}

static int add_own(struct result *all, const struct adding *a, const char *mac, struct failure *f)
{
	const struct result *lease = &a->lease.answer.result;
	const int index = (int)all->n_interfaces;
	struct interface *interface = result_add_interface(all, f);

	if (!interface)
		return -1;
	*interface = (struct interface){ .name = a->endpoint.ifname,
		                         .mac = mac,
		                         .mtu = a->endpoint.mtu,
		                         .sandbox = a->attachment.request->netns };
	for (size_t i = 0; i < lease->n_ips; i++) {
		struct ip_config *ip = result_add_ip(all, f);
		if (!ip)
			return -1;
		*ip = lease->ips[i];
		ip->interface = index;
	}
	for (size_t i = 0; i < lease->n_routes; i++) {
		struct route *route = result_add_route(all, f);
		if (!route)
			return -1;
		*route = lease->routes[i];
	}
	return 0;
}

static int print_result(const struct result *all, const struct request *r, struct failure *f)
{
	OWNED(json_release) cJSON *document = result_write(all, r->version, f);
	return document ? document_print(document, f) : -1;
}

/* Report the content of prevResult, then that of this endpoint. */
static int report_all(struct adding *a, add_reporter *report, struct failure *f)
{
	struct attachment *at = &a->attachment;
	struct result *all = &at->previous;
	char mac[MAC_TEXT];

	if (add_own(all, a, mac_format(&a->endpoint.mac, mac), f) < 0)
		return -1;
	if (at->config.dns || a->lease.answer.result.dns)
		all->dns = at->config.dns ? at->config.dns : a->lease.answer.result.dns;
	return report(all, at->request, f);
}

static int complete_record(struct adding *a, struct failure *f)
{
	const struct result *lease = &a->lease.answer.result;
	OWNED(json_release) cJSON *ips = lease->n_ips ? result_ips(lease, V1_1_0) : NULL;
	OWNED(json_release) cJSON *routes = lease->n_routes ? result_routes(lease) : NULL;
	const struct link_setup setup = { &a->attachment, &a->endpoint,
		                          a->attachment.config.ipam ? &a->lease.answer.result
		                                                    : NULL,
		                          PROOF_AS_CONFIGURED };
	OWNED(json_release) cJSON *sysctls = link_setup_record(&setup);

	if ((lease->n_ips && !ips) || (lease->n_routes && !routes) || !sysctls)
		return fail_errno(f, ENOMEM, "complete the endpoint record");
	a->endpoint.sysctls = sysctls;
	a->endpoint.ips = ips;
	a->endpoint.routes = routes;
	a->endpoint.dns = a->attachment.config.dns ? a->attachment.config.dns : lease->dns;
	a->endpoint.ready = true;
	int written = endpoint_write(&a->endpoint, a->link_tap.records, f);
	a->endpoint.ips = a->endpoint.routes = a->endpoint.sysctls = NULL;
	return written;
}

int add_reported(const struct request *r, add_reporter *report, struct failure *f)
{
	OWNED(adding_release)
	struct adding a = { .link_tap = { .records = -1, .devices = -1 },
		            .host_entry = HOST_ENTRY_NONE,
		            .guard = ENDPOINT_GUARD_NONE,
		            .owner = -1 };

	a.link_tap.attachment = &a.attachment;
	a.lease.guard = &a.guard;
	if (attachment_open(&a.attachment, r, ATTACHMENT_NEW, f) < 0 ||
	    policy_permit(&a.attachment, f) < 0 ||
	    master_fits(&a.attachment.config, a.attachment.target.mode,
	                attachment_master_rtnl(&a.attachment), &a.attachment.target.master,
	                f) < 0 ||
	    attachment_expressible(&a.attachment, f) < 0)
		return -1;
	/* PRIVILEGE_OPENING lasts until a stale endpoint's namespace was opened. */
	if (become_owner(&a, f) < 0 || describe(&a, f) < 0 ||
	    cdi_permit(&a.endpoint, &a.attachment.host, &a.cdi_former, f) < 0 ||
	    record_intent(&a, f) < 0 ||
	    host_entry_make(&a.host_entry, &a.attachment, &a.endpoint, a.owner, f) < 0 ||
	    endpoint_guard_make(&a.guard, &a.attachment, &a.endpoint, a.owner, f) < 0 ||
	    privilege_keep(PRIVILEGE_WORKING, ipam_delegates(a.attachment.config.ipam), f) < 0 ||
	    make_endpoint(&a, f) < 0 || host_entry_confirm(&a.host_entry, &a.endpoint, f) < 0 ||
	    endpoint_guard_confirm(&a.guard, f) < 0 ||
	    cdi_write(&a.endpoint, a.cdi_former, f) < 0 || complete_record(&a, f) < 0 ||
	    link_tap_number(&a.link_tap, &a.endpoint, f) < 0 || report_all(&a, report, f) < 0)
		return -1;
	a.committed = true;
	return 0;
}

int add(const struct request *r, struct failure *f)
{
	return add_reported(r, print_result, f);
}
