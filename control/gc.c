/* SPDX-License-Identifier: Apache-2.0 */
/* The verb gc: collect the attachments of one network that no longer live, with their addresses. */
#include "base/json.h"
#include "control/apart.h"
#include "control/recorded_call.h"
#include "control/reservations.h"
#include "control/stale.h"
#include "control/verb.h"
#include "control/versions.h"
#include "ipam/delegate.h"
#include "ipam/ipam.h"
#include "record/owner.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct collection {
	const char *network;
	const char *file;   /* with the network's configuration; NULL: that of a record */
	struct endpoint of; /* owned: the record */
	bool only_list;
};

static void collection_release(struct collection *c)
{
	endpoint_release(&c->of);
}

/* Keeps the latest record of the network that has its configuration. */
static int on_record(const struct endpoint *e, const struct failure *error, void *data)
{
	struct collection *c = data;
	struct failure why = { 0 };

	if (error || strcmp(e->network, c->network) != 0 || !e->call.config || !e->created ||
	    (c->of.source && strcmp(c->of.created, e->created) >= 0))
		return 0;
	endpoint_release(&c->of);
	if (endpoint_read(e->container_id, e->ifname, &c->of, &why) != FOUND)
		c->of = (struct endpoint){ .source = NULL };
	return 0;
}

static int record_find(struct collection *c, struct failure *f)
{
	const struct endpoint_visit visitor = { .on_record = on_record, .data = c };

	if (endpoint_each(&visitor, f) < 0)
		return -1;
	if (c->of.source && c->of.created)
		return 0;
	return fail(
	        f, CNI_CONFIG,
	        "no endpoint's record keeps its configuration: podtapctl gc FILE, with the file "
	        "that has it",
	        "network %s", c->network);
}

/* The call of an IPAM plugin that keeps its reservations elsewhere. */
struct plugin_gc {
	const struct collection *collection;
	cJSON *valid; /* borrowed */
	struct failure *failure;
};

static int on_valid(const struct endpoint *e, const struct failure *error, void *data)
{
	struct plugin_gc *p = data;
	cJSON *one;

	if (error)
		return failure_pass(p->failure, error);
	if (strcmp(e->network, p->collection->network) != 0)
		return 0;
	one = cJSON_CreateObject();
	if (cJSON_AddItemToArray(p->valid, one) &&
	    cJSON_AddStringToObject(one, "containerID", e->container_id) &&
	    cJSON_AddStringToObject(one, "ifname", e->ifname))
		return 0;
	return fail_errno(p->failure, ENOMEM, "list the valid attachments");
}

/* Lets the plugin free what no record has, if it knows GC. */
static int plugin_collect(const struct collection *c, struct request *r, const char *type,
                          struct failure *f)
{
	struct plugin_gc p = { .collection = c, .failure = f };
	const struct endpoint_visit visitor = { .on_record = on_valid, .data = &p };
	struct failure unsaid = { 0 }, missed = { 0 };

	if (!(versions_ask(r->path, type, &unsaid) & 1U << V1_1_0)) {
		fprintf(stderr,
		        "podtapctl: IPAM plugin %s does not know GC: it keeps what it has reserved "
		        "for other attachments\n",
		        type);
		return 0;
	}
	p.valid = cJSON_AddArrayToObject(r->json, "cni.dev/valid-attachments");
	if (endpoint_each(&visitor, &missed) < 0)
		return f->code ? -1 : failure_pass(f, &missed);
	return request_speak(r, V1_1_0, f) < 0 ? -1 : ipam_gc(r, type, f);
}

/* Releases what a store has reserved for attachments without a record. Returns 1 if it only lists,
 * and there is something; else 0 or -1. */
static int store_collect(const struct collection *c, const struct request *r, const char *type,
                         struct failure *f)
{
	OWNED(reservations_release) struct reservations all;

	if (reservations_find(&all, r, f) < 0)
		return -1;
	for (size_t i = 0; i < all.n; i++) {
		const struct reserved *one = &all.at[i];
		struct failure why = { 0 };
		const int released = c->only_list ? 0
		                                  : ipam_release(r, type, one->container_id,
		                                                 one->ifname, "", &why);
		printf("%s, reserved for %s of %s: %s\n", one->address, one->ifname,
		       one->container_id,
		       c->only_list    ? "there is no such endpoint"
		       : released == 0 ? "released"
		                       : "failed");
		if (released < 0)
			failure_join(f, &why);
	}
	return f->code ? -1 : c->only_list && all.n;
}

/* The gate keeps ADDs of the network from reserving meanwhile. */
static int addresses_collect(void *data, struct failure *f)
{
	const struct collection *c = data;
	OWNED(request_release) struct request r = { .text = NULL };
	OWNED(fd_release) int owner = owner_open_undoing(f);

	if (f->code ||
	    (c->file ? file_call(&r, c->file, f) : recorded_call(&r, &c->of, NULL, f)) < 0)
		return -1;
	const char *type = ipam_type(r.json);
	if (!type)
		return 0;
	if (request_agree(&r, f) < 0 || request_export(&r, f) < 0 ||
	    (owner >= 0 && owner_gate_close(owner, c->network, f) < 0))
		return -1;
	if (reservations_are_kept(type))
		return store_collect(c, &r, type, f);
	return c->only_list ? 0 : plugin_collect(c, &r, type, f);
}

/* A network's name has no slash, and no file of networks has another ending. */
static bool is_file(const char *name)
{
	static const char *const endings[] = { ".conf", ".conflist", ".json" };
	const size_t length = strlen(name);

	for (size_t i = 0; i < sizeof endings / sizeof *endings; i++)
		if (length > strlen(endings[i]) &&
		    strcmp(name + length - strlen(endings[i]), endings[i]) == 0)
			return true;
	return strchr(name, '/') != NULL;
}

static int collect(struct collection *c, struct failure *f)
{
	OWNED(stale_release) struct stale stale = { .host = HOST_CLOSED, .network = c->network };
	struct failure missed = { 0 };

	if (stale_find(&stale, &missed, f) < 0)
		return -1;
	const int removed = stale_remove(&stale, c->file, c->only_list, f);
	if (missed.code)
		return failure_join(f, &missed);
	const int freed = apart_run(addresses_collect, c, f);
	if (removed < 0 || freed < 0)
		return -1;
	return freed > 0 || (c->only_list && stale.n) ? EXIT_STALE : 0;
}

static int gc(const struct call *call, struct failure *f)
{
	OWNED(collection_release)
	struct collection c = { .network = call->argument[0], .only_list = call->option['n'] };
	OWNED(request_release) struct request r = { .text = NULL };

	if (geteuid() != 0)
		return fail(f, CNI_OTHER, "only root can", "remove endpoints");
	if (!is_file(c.network))
		return record_find(&c, f) < 0 ? -1 : collect(&c, f);
	c.file = c.network;
	if (file_call(&r, c.file, f) < 0)
		return -1;
	c.network = r.name;
	return collect(&c, f);
}

const struct verb verb_gc = {
	.name = "gc",
	.summary = "remove what is stale in a network, and release its addresses",
	.cli = { .program = "podtapctl gc",
	         .synopsis = "[--dry-run] NETWORK | FILE",
	         .about = "Removes the stale endpoints of a network, and releases addresses that "
	                  "are\n"
	                  "reserved for none of its endpoints. The configuration is that of a "
	                  "file,\n"
	                  "or one that an endpoint's record keeps.\n"
	                  "With --dry-run it exits 1 if there is something to remove.\n\n"
	                  "  podtapctl gc /etc/cni/net.d/10-lan.conflist\n",
	         .options = (const struct cli_option[]){ { "dry-run", NULL, 'n', "only list" },
	                                                 { .name = NULL } } },
	.fewest = 1,
	.most = 1,
	.arguments = "a network or a file",
	.run = gc,
};
