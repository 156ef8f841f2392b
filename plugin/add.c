/* SPDX-License-Identifier: Apache-2.0 */
/* ADD: from a request to an endpoint and its result, or to nothing at all. */
#include "plugin/verbs.h"

#include "base/json.h"
#include "base/utc.h"
#include "cni/program.h"
#include "ipam/ipam.h"
#include "netns/numbered.h"
#include "netns/privilege.h"
#include "plugin/cdi.h"
#include "plugin/cdi_name.h"
#include "plugin/cdi_owner.h"
#include "plugin/device_id.h"
#include "plugin/former.h"
#include "plugin/ifindex.h"
#include "plugin/link_setup.h"
#include "plugin/link_tap.h"
#include "plugin/master.h"
#include "plugin/opening.h"
#include "plugin/pod.h"
#include "plugin/policy.h"
#include "plugin/teardown.h"
#include "record/owner.h"
#include "record/state.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>

enum { LEASES_TRIED = 8 };

/* All that an ADD makes; what is marked as made is undone unless `committed`. */
struct adding {
	struct attachment attachment;
	struct link_tap link_tap;
	struct endpoint endpoint;
	struct ipam_answer lease;
	char created[UTC_TEXT];
	char *netns_path; /* where CNI_NETNS is relative */
	char cdi[CDI_NAME_MAX];
	uint32_t cdi_former; /* what cdi_permit() told */
	struct pod pod;
	int owner; /* what we own the attachment by; -1 before */
	bool busy; /* another call goes on owning it */
	bool leased;
	bool kept; /* the addresses could not be given back */
	bool committed;
};

/* Closes what undoing does without: where descriptors ran out, it needs some of its own. */
static void descriptors_spare(struct adding *a)
{
	struct sandbox *sandbox = &a->attachment.sandbox;

	fd_release(&a->link_tap.records);
	fd_release(&sandbox->netns);
	fd_release(&sandbox->events);
	fd_release(&sandbox->arp);
	for (size_t i = 0; i < SETTINGS_KINDS; i++)
		fd_release(&sandbox->settings[i]);
}

/* Addresses that could not be released keep the record: by it the next DEL, GC or ADD does. */
static void undo_recorded(struct adding *a, struct failure *ignored)
{
	struct host *host = &a->attachment.host;
	struct sandbox *sandbox = a->link_tap.linked ? &a->attachment.sandbox : NULL;
	const int undone = a->kept ? teardown_devices(&a->endpoint, host, sandbox, ignored)
	                           : teardown(&a->endpoint, host, sandbox, ignored);

	if (undone < 0)
		ignored->code = 0;
}

/* Undoes in reverse. The first failure is the one to report; those of undoing are not. */
static void adding_release(struct adding *a)
{
	struct failure ignored;
	struct attachment *at = &a->attachment;
	const bool recorded = a->link_tap.records >= 0;

	failure_clear(&ignored);
	if (!a->committed)
		descriptors_spare(a);
	if (!a->committed && a->leased && ipam_del(at->request, at->config.ipam, &ignored) < 0)
		a->kept = true;
	/* Like that of an endpoint that is ready, a link that was made may have been renamed. */
	a->endpoint.ready |= a->link_tap.proved;
	if (!a->committed && recorded)
		undo_recorded(a, &ignored);
	/* Not what another call is about to take over. */
	if (!a->committed && !recorded && !a->busy && at->host.netns >= 0 &&
	    device_id_sweep(at->request, &at->host.rtnl, &ignored) < 0)
		ignored.code = 0;
	ipam_answer_release(&a->lease);
	fd_release(&a->link_tap.devices);
	fd_release(&a->link_tap.records);
	text_release(&a->link_tap.node);
	text_release(&a->netns_path);
	attachment_release(at);
	fd_release(&a->owner);
}

/* The namespace's path for whoever reads the record, from whichever working directory. */
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
		return fail(f, CNI_ENV, strerror(errno), "CNI_NETNS %s", path);
	a->endpoint.netns_path = a->netns_path;
	return 0;
}

/* It keeps its index where it can: whoever made the link has told the kubelet of that tap. */
static void describe_taken(struct endpoint *e, const struct link *link, const struct config *c)
{
	e->taken.name = link->name;
	e->taken.ifindex = link->index;
	e->taken.mac = link->mac;
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
		.tap = { .uid = c->tap.uid, .gid = c->tap.gid, .mode = c->tap.mode },
		.address_owner = address_owner_name(c->address_owner),
		.ipam = c->ipam,
		.device_id = c->device_id,
		.vm_devices = c->vm_devices,
		.created = utc_now(a->created),
	};
	pod_describe(&a->pod, at->request->args, &a->endpoint);
	if (netns_locate(a, f) < 0 || cdi_name(c, at->request, a->cdi, f) < 0)
		return -1;
	if (*a->cdi)
		a->endpoint.cdi = a->cdi;
	if (attachment_mac(at, &a->endpoint.mac, f) < 0)
		return -1;
	if (at->target.taken.link.index) {
		describe_taken(&a->endpoint, &at->target.taken.link, c);
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
	const int ours = owner_become(a->owner, r->container_id, r->ifname, OWNER_WAIT_S, f);
	a->busy = ours == 0;
	return ours ? ours : owner_refuse(r->container_id, r->ifname, f);
}

/* A GC that runs meanwhile either sees the record, or has ended when addresses are reserved. */
static int create_record(struct adding *a, bool *taken, struct failure *f)
{
	const char *network = a->attachment.request->name;

	*taken = false;
	if (owner_gate_enter(a->owner, network, f) < 0)
		return -1;
	a->link_tap.records = endpoint_create(&a->endpoint, taken, f);
	owner_gate_leave(a->owner, network);
	return a->link_tap.records < 0 ? -1 : 0;
}

static int record_intent(struct adding *a, struct failure *f)
{
	struct failure refusal;
	bool taken;

	failure_clear(&refusal);
	if (create_record(a, &taken, &refusal) == 0)
		return 0;
	if (!taken)
		return failure_pass(f, &refusal);
	if (former_clear(&a->attachment, &a->endpoint, f) < 0)
		return -1;
	return create_record(a, &taken, f);
}

static int lease_release(struct adding *a, struct failure *f)
{
	a->leased = false;
	ipam_answer_release(&a->lease);
	a->kept = ipam_del(a->attachment.request, a->attachment.config.ipam, f) < 0;
	return a->kept ? -1 : 0;
}

/* Whether a lease holds an address the LAN turned out to have: other plugins than ours may give the
 * same one again. */
static const struct ip *still_taken(const struct result *lease, const struct ip_list *taken)
{
	for (size_t i = 0; i < lease->n_ips; i++)
		if (ip_list_has(taken, &lease->ips[i].address.ip))
			return &lease->ips[i].address.ip;
	return NULL;
}

static int refuse_taken(const struct ip *ip, struct failure *f)
{
	char text[IP_TEXT];
	return fail(f, CNI_OTHER, "exclude the addresses of other hosts from the range",
	            "address %s is in use on the LAN", ip_format(ip, text));
}

/* One lease and what the LAN says of it. 1: it has *ip, and the lease is given back. */
static int number_once(struct adding *a, const struct ip_list *taken, struct ip *ip,
                       struct failure *f)
{
	struct attachment *at = &a->attachment;
	const struct link_setup c = { at, &a->endpoint, &a->lease.result };

	if (ipam_add(at->request, at->config.ipam, taken, &a->lease, f) < 0)
		return -1;
	a->leased = true;
	const struct ip *again = still_taken(&a->lease.result, taken);
	if (again)
		return refuse_taken(again, f);
	int found = link_setup_apply(&c, ip, f);
	return found > 0 && lease_release(a, f) < 0 ? -1 : found;
}

/* Takes addresses until the LAN has none of them. */
static int number_endpoint(struct adding *a, struct failure *f)
{
	OWNED(ip_list_release) struct ip_list taken = { .ips = NULL };
	struct ip ip;

	for (int tries = 0; tries < LEASES_TRIED; tries++) {
		int found = number_once(a, &taken, &ip, f);
		if (found <= 0)
			return found;
		if (ip_list_add(&taken, &ip, f) < 0)
			return -1;
	}
	return refuse_taken(&ip, f);
}

static int make_endpoint(struct adding *a, struct failure *f)
{
	struct attachment *at = &a->attachment;
	const struct link_setup c = { at, &a->endpoint, NULL };
	const char *ipam = at->config.ipam;
	struct ip taken;

	if (at->config.kind->tap && (a->link_tap.devices = device_open(f)) < 0)
		return -1;
	if (link_tap_create(&a->link_tap, &a->endpoint, f) < 0)
		return -1;
	return ipam ? number_endpoint(a, f) : link_setup_apply(&c, &taken, f);
}

static int add_own(struct result *all, const struct adding *a, const char *mac, struct failure *f)
{
	const struct result *lease = &a->lease.result;
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

/* prevResult's content, then ours. */
static int print_result(struct adding *a, struct failure *f)
{
	struct attachment *at = &a->attachment;
	struct result *all = &at->previous;
	char mac[MAC_TEXT];

	if (add_own(all, a, mac_format(&a->endpoint.mac, mac), f) < 0)
		return -1;
	if (at->config.dns || a->lease.result.dns)
		all->dns = at->config.dns ? at->config.dns : a->lease.result.dns;
	OWNED(json_release) cJSON *document = result_write(all, at->request->version, f);
	return document ? document_print(document, f) : -1;
}

static cJSON *record_sysctls(struct adding *a)
{
	struct result *lease = a->attachment.config.ipam ? &a->lease.result : NULL;
	const struct link_setup c = { &a->attachment, &a->endpoint, lease };
	struct sysctls all;

	link_setup_sysctls(&c, &all);
	return sysctls_write(&all, a->endpoint.ifname);
}

static int complete_record(struct adding *a, struct failure *f)
{
	const struct result *lease = &a->lease.result;
	OWNED(json_release) cJSON *ips = lease->n_ips ? result_ips(lease, V1_1_0) : NULL;
	OWNED(json_release) cJSON *routes = lease->n_routes ? result_routes(lease) : NULL;
	OWNED(json_release) cJSON *sysctls = record_sysctls(a);

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

/* The record tells of the number before anything bears it: the kernel removes its node with the
 * link, and nothing else would tell DEL which number the link had. */
static int number_tap(const struct adding *a, struct failure *f)
{
	const struct taken *taken = &a->attachment.target.taken;
	const struct endpoint *e = &a->endpoint;

	if (!e->tap.path)
		return 0;
	if (taken->link.index && taken->number == e->tap.number &&
	    numbered_settle(a->link_tap.devices, taken->number, f) < 0)
		return -1;
	const int made = numbered_make(a->link_tap.devices, e->ifindex, e->tap.number, f);
	if (made == 0)
		fprintf(stderr, "podtap: %s/char/%u:%u is not a link to a tap: left alone\n",
		        device_path(), major(e->tap.number), minor(e->tap.number));
	return made < 0 ? -1 : 0;
}

int add(const struct request *r, struct failure *f)
{
	OWNED(adding_release)
	struct adding a = { .link_tap = { .records = -1, .devices = -1 }, .owner = -1 };

	a.link_tap.attachment = &a.attachment;
	if (attachment_open(&a.attachment, r, ATTACHMENT_NEW, f) < 0 ||
	    policy_permit(&a.attachment, f) < 0 ||
	    master_fits(&a.attachment.config, a.attachment.target.mode,
	                attachment_master_rtnl(&a.attachment), &a.attachment.target.master,
	                f) < 0 ||
	    attachment_expressible(&a.attachment, f) < 0)
		return -1;
	/* The last namespace that is opened is that of a stale endpoint. */
	if (become_owner(&a, f) < 0 || describe(&a, f) < 0 ||
	    cdi_permit(&a.endpoint, &a.attachment.host, &a.cdi_former, f) < 0 ||
	    record_intent(&a, f) < 0 ||
	    privilege_keep(PRIVILEGE_WORKING, ipam_delegates(a.attachment.config.ipam), f) < 0 ||
	    make_endpoint(&a, f) < 0 || cdi_write(&a.endpoint, a.cdi_former, f) < 0 ||
	    complete_record(&a, f) < 0 || number_tap(&a, f) < 0 || print_result(&a, f) < 0)
		return -1;
	a.committed = true;
	return 0;
}
