/* SPDX-License-Identifier: Apache-2.0 */
/* GC: removing the attachments of this network that the runtime no longer knows. */
#include "plugin/verbs.h"

#include "cni/attachments.h"
#include "ipam/ipam.h"
#include "netns/privilege.h"
#include "plugin/config.h"
#include "plugin/teardown.h"
#include "record/live.h"

#include <stdio.h>
#include <string.h>

struct collection {
	const struct request *request;
	const struct config *config;
	struct host *host;
	const cJSON *valid;      /* NULL: none is */
	struct failure *failure; /* of all attachments */
};

/* As a DEL would: the delegate first, then what is ours. */
static void collect(const struct collection *c, const struct endpoint *e)
{
	OWNED(sandbox_release) struct sandbox sandbox = SANDBOX_CLOSED;
	struct failure kept = { 0 }, left = { 0 };
	const char *ipam = c->config->ipam;

	int released = ipam ? ipam_release(c->request, ipam, e->container_id, e->ifname,
	                                   e->netns_path, &kept)
	                    : 0;
	if (released < 0)
		failure_join(c->failure, &kept);
	int open = endpoint_sandbox(e, NULL, c->host, &sandbox, &left);
	struct sandbox *there = open > 0 ? &sandbox : NULL;
	if (open < 0 || (released < 0 ? teardown_devices(e, c->host, there, &left)
	                              : teardown(e, c->host, there, &left)) < 0)
		failure_join(c->failure, &left);
}

static int visit(const struct endpoint *e, const struct failure *error, void *data)
{
	const struct collection *c = data;

	if (error) {
		fprintf(stderr, "podtap: endpoint %s of %s: %s: %s\n", e->ifname, e->container_id,
		        error->msg, error->details);
		/* Nothing tells which network it is of; but one that cannot be read now may be of
		 * this one. */
		if (error->code == CNI_IO)
			failure_join(c->failure, error);
		return 0;
	}
	if (strcmp(e->network, c->request->name) != 0 ||
	    attachments_have(c->valid, e->container_id, e->ifname))
		return 0;
	collect(c, e); /* past a failure: the others still go */
	return 0;
}

static int collect_all(const struct request *r, const struct config *config, const cJSON *valid,
                       struct failure *f)
{
	OWNED(host_release) struct host host = HOST_CLOSED;
	struct collection c = { r, config, &host, valid, f };
	const struct endpoint_visit visitor = { visit, &c };

	if (host_open(&host, f) < 0)
		return -1;
	int visited = endpoint_each(&visitor, f);
	endpoint_sweep();
	return visited < 0 || f->code ? -1 : 0;
}

int gc(const struct request *r, struct failure *f)
{
	struct config config;
	const cJSON *valid;

	config_read_leniently(&config, r);
	if (privilege_keep(PRIVILEGE_OPENING, ipam_delegates(config.ipam), f) < 0)
		return -1;
	int told = attachments_read(r->json, &valid, f);
	if (told < 0)
		return -1;
	int collected = told || config.gc_without_list ? collect_all(r, &config, valid, f) : 0;
	struct failure delegate = { 0 };
	if (config.ipam && ipam_gc(r, config.ipam, &delegate) < 0)
		return failure_join(f, &delegate);
	return collected;
}
