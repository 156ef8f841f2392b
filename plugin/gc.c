/* SPDX-License-Identifier: Apache-2.0 */
/* GC: remove the attachments of this network that the runtime does not list as valid. */
#include "plugin/verbs.h"

#include "cni/attachments.h"
#include "ipam/ipam.h"
#include "netns/privilege.h"
#include "plugin/config.h"
#include "plugin/host_entry.h"
#include "plugin/host_sweep.h"
#include "plugin/master.h"
#include "plugin/target.h"
#include "plugin/teardown.h"
#include "plugin/workers.h"
#include "record/owner.h"
#include "record/verify.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

struct collection {
	const struct request *request;
	const struct config *config;
	int owner; /* descriptor that owns attachments; -1: no ADD can own one */
	struct attachments valid;
	struct failure *failure; /* the failures of all attachments */
	struct stale {
		char *container_id; /* owned */
		char ifname[16];
	} * stale; /* owned */
	size_t n_stale;
	size_t failed; /* attachments that could not be collected */
	size_t left;   /* stale attachments that remain after GC */
};

static void collection_release(struct collection *c)
{
	for (size_t i = 0; i < c->n_stale; i++)
		text_release(&c->stale[i].container_id);
	free(c->stale);
	attachments_release(&c->valid);
	fd_release(&c->owner);
}

/* Collect as a DEL does: the delegate first, then podtap's own objects. */
static int collect(const struct collection *c, const struct endpoint *e, struct host *host,
                   struct failure *f)
{
	OWNED(sandbox_release) struct sandbox sandbox = SANDBOX_CLOSED;
	OWNED(endpoint_guard_release) struct endpoint_guard guard = ENDPOINT_GUARD_NONE;
	struct failure kept = { 0 }, left = { 0 };
	const char *ipam = c->config->ipam;

	int released = ipam ? ipam_release(c->request, ipam, e->container_id, e->ifname,
	                                   e->netns_path, &kept)
	                    : 0;
	if (released < 0)
		failure_join(f, &kept);
	enum found open = endpoint_sandbox(e, NULL, host, 0, &sandbox, &left);
	struct sandbox *there = open == FOUND ? &sandbox : NULL;
	const int guarded = endpoint_guard_open(&guard, &host->rtnl, e, &left);
	const bool kept_back =
	        host_entry_remove(&host->rtnl, e, &left) < 0 || guarded < 0 || released < 0;
	if (open == FOUND_FAILED ||
	    (kept_back ? teardown_devices(e, host, there, &left)
	               : teardown(e, host, there, &guard, &left)) < 0 ||
	    left.code)
		return failure_join(f, &left);
	return released;
}

/* Whether a record may be stale. A valid attachment's is not even read. */
static bool may_be_stale(const char *container_id, const char *ifname, void *data)
{
	const struct collection *c = data;

	return !attachments_have(&c->valid, container_id, ifname);
}

static bool is_stale(const struct collection *c, const struct endpoint *e)
{
	return strcmp(e->network, c->request->name) == 0 &&
	       !attachments_have(&c->valid, e->container_id, e->ifname);
}

/* Collect the attachment if its record, which no other call can change now, is still stale. */
static int collect_owned(const struct collection *c, const struct stale *stale, struct host *host,
                         struct failure *f)
{
	OWNED(endpoint_release) struct endpoint e = { .source = NULL };
	struct failure unreadable = { 0 };
	const enum found found = endpoint_read(stale->container_id, stale->ifname, &e, &unreadable);

	if (found == FOUND_FAILED)
		return failure_join(f, &unreadable);
	return found && is_stale(c, &e) ? collect(c, &e, host, f) : 0;
}

/* Leave an attachment that another call owns. That call lives, and is creating or removing it. It,
 * or the next DEL or GC, leaves nothing. Returns -1 if the attachment could not be collected. */
static int collect_unowned(const struct collection *c, const struct stale *stale, struct host *host,
                           struct failure *f)
{
	struct failure refusal = { 0 };
	const int ours = c->owner < 0 ? 1
	                              : owner_become(c->owner, stale->container_id, stale->ifname,
	                                             0, &refusal);

	if (ours < 0)
		failure_join(f, &refusal);
	if (ours == 0)
		fprintf(stderr, "podtap: endpoint %s of %s: another call works on it: left alone\n",
		        stale->ifname, stale->container_id);
	if (ours <= 0)
		return 0;
	const int collected = collect_owned(c, stale, host, f);
	owner_resign(c->owner, stale->container_id, stale->ifname);
	return collected;
}

/* A worker. Deleting a link is mostly waiting for the kernel. All workers own attachments by one
 * descriptor: each attachment is one worker's. */
static void collect_queued(struct queue *q, const void *data, struct failure *f)
{
	const struct collection *c = data;
	OWNED(host_release) struct host host = HOST_CLOSED;
	struct failure refusal = { 0 };
	size_t item;

	if (host_open(&host, &refusal) < 0) {
		failure_join(f, &refusal);
		return;
	}
	while (queue_take(q, &item)) /* after a failure, too: collect the others */
		if (collect_unowned(c, &c->stale[item], &host, f) < 0)
			queue_count_failed(q);
}

static int note_stale(struct collection *c, const struct endpoint *e)
{
	/* Room for twice as many whenever their number is a power of two. */
	if ((c->n_stale & (c->n_stale - 1)) == 0) {
		const size_t room = c->n_stale ? 2 * c->n_stale : 1;
		struct stale *grown = realloc(c->stale, room * sizeof *grown);
		if (!grown)
			return fail_errno(c->failure, ENOMEM, "list the stale endpoints");
		c->stale = grown;
	}
	struct stale *stale = &c->stale[c->n_stale];
	stale->container_id = strdup(e->container_id);
	if (!stale->container_id)
		return fail_errno(c->failure, ENOMEM, "list the stale endpoints");
	snprintf(stale->ifname, sizeof stale->ifname, "%s", e->ifname);
	c->n_stale++;
	return 0;
}

static int on_record(const struct endpoint *e, const struct failure *error, void *data)
{
	struct collection *c = data;

	if (error) {
		fprintf(stderr, "podtap: endpoint %s of %s: %s: %s\n", e->ifname, e->container_id,
		        error->msg, error->details);
		/* Nothing tells the network of this record. One that cannot be read now, for
		 * another reason than its text, may be of this network. */
		if (error->code != CNI_DECODE)
			failure_join(c->failure, error);
		return 0;
	}
	return is_stale(c, e) ? note_stale(c, e) : 0;
}

static int find_stale(struct collection *c)
{
	const struct endpoint_visit visitor = { on_record, c, may_be_stale, true };

	return endpoint_each(&visitor, c->failure);
}

static int count(const struct endpoint *e, const struct failure *error, void *data)
{
	struct collection *c = data;

	c->left += !error && is_stale(c, e);
	return 0;
}

/* Count the stale records that remain. A failure was reported when they were found. */
static int count_left(struct collection *c)
{
	const struct endpoint_visit visitor = { count, c, may_be_stale, false };
	struct failure repeated = { 0 };

	return endpoint_each(&visitor, c->failure->code ? &repeated : c->failure);
}

/* Let the IPAM plugin free the addresses that are not in the list. An ADD may reserve an address
 * that the list lacks. It has a record then, and with the gate closed no further ADD reserves. So
 * leave the work to the next GC if there are more stale records than attachments that could not be
 * collected. */
static int free_addresses(struct collection *c)
{
	const char *network = c->request->name, *ipam = c->config->ipam;
	struct failure of_plugin = { 0 };

	if (c->left > c->failed)
		fprintf(stderr, "podtap: network %s: GC of %s is left to the next\n", network,
		        ipam);
	else if (ipam_gc(c->request, ipam, &of_plugin) < 0)
		return failure_join(c->failure, &of_plugin);
	return 0;
}

static int gate_close(const struct collection *c)
{
	if (c->owner < 0)
		return 0;
	return owner_gate_close(c->owner, c->request->name, c->failure);
}

static int collect_stale(struct collection *c)
{
	c->failed = workers_run(c->n_stale, collect_queued, c, c->failure);
	if (!c->config->ipam)
		return 0;
	if (gate_close(c) < 0)
		return -1;
	const int counted = count_left(c);
	const int freed = free_addresses(c);
	owner_gate_leave(c->owner, c->request->name);
	return counted < 0 ? -1 : freed;
}

/* Remove the entries of the network's master that nothing has. Without its master, they are gone.
 */
static int sweep_master(const struct collection *c, const struct host_program *program)
{
	OWNED(rtnl_release) struct rtnl host = { .fd = -1 };
	struct failure refusal = { 0 };
	struct link master;

	if (rtnl_open(&host, c->failure) < 0)
		return -1;
	if (target_master_on_host(c->config, &host, &master, &refusal) != FOUND)
		return 0;
	if (master_below(&host, &master, &master, &refusal) < 0 ||
	    host_sweep(program, &host, &master, &refusal) < 0)
		return failure_join(c->failure, &refusal);
	return 0;
}

static int sweep_entries(const struct collection *c)
{
	int swept = 0;

	for (size_t i = 0; i < HOST_PROGRAMS; i++)
		if (host_programs[i].wanted(c->config) && sweep_master(c, &host_programs[i]) < 0)
			swept = -1;
	return swept;
}

/* Continue after a failure. The first one comes first in the report. With the gate closed from the
 * beginning, one reading of the records is enough if nothing is stale. */
static int gc_all(struct collection *c)
{
	struct failure *f = c->failure;

	c->owner = owner_open_undoing(f);
	if (f->code || (c->config->ipam && gate_close(c) < 0))
		return -1;
	const int found = find_stale(c);
	const int freed = c->config->ipam && !c->n_stale ? free_addresses(c) : 0;
	if (c->config->ipam)
		owner_gate_leave(c->owner, c->request->name);
	const int collected = c->n_stale ? collect_stale(c) : freed;
	const int swept = sweep_entries(c);
	return found < 0 || collected < 0 || swept < 0 || f->code ? -1 : 0;
}

int gc(const struct request *r, struct failure *f)
{
	OWNED(collection_release)
	struct collection c = { .request = r, .owner = -1, .failure = f };
	struct config config;

	config_read_leniently(&config, r);
	c.config = &config;
	if (privilege_keep(PRIVILEGE_OPENING, ipam_delegates(config.ipam), f) < 0)
		return -1;
	const cJSON *list;
	int listed = attachments_read(r->json, &list, f);
	if (listed < 0 || attachments_index(&c.valid, list, f) < 0)
		return -1;
	if (listed || config.gc_without_list)
		return gc_all(&c);
	return config.ipam ? ipam_gc(r, config.ipam, f) : 0;
}
