/* SPDX-License-Identifier: Apache-2.0 */
/* The verb validate: what is wrong with network configurations, before an endpoint exists. */
#include "control/documents.h"
#include "control/judge.h"
#include "netns/host.h"
#include "plugin/master.h"
#include "plugin/target.h"

#include <errno.h>

static const struct finding_kind fine = { LEVEL_OK, "network", NULL, NULL };
static const struct finding_kind foreign = { LEVEL_NOTE, "network-foreign",
	                                     "only plugins that are podtap are judged",
	                                     "set type to podtap" };

static const struct finding_kind reference = {
	LEVEL_NOTE, "network-elsewhere",
	"Multus takes the configuration of this name from a file of the node",
	"podtapctl validate without a file judges the files of this node"
};

struct validation {
	struct node node;
	struct networks networks;
	struct findings findings;
	struct failure *failure;
};

static void validation_release(struct validation *v)
{
	findings_release(&v->findings);
	networks_release(&v->networks);
	node_release(&v->node);
}

static int on_document(cJSON *json, const char *label, void *data)
{
	struct validation *v = data;
	const size_t before = v->networks.n;

	if (networks_add(&v->networks, &v->node, label, json, v->failure) < 0)
		return -1;
	if (v->networks.n == before)
		finding_add(&v->findings, &foreign, NULL, "%s has no plugin podtap", label);
	return 0;
}

static void on_reference(const char *label, void *data)
{
	struct validation *v = data;

	finding_add(&v->findings, &reference, NULL, "%s has no spec.config", label);
}

/* Asks the policy about the master that the host has now. Where it has none, the policy judges the
 * rest. */
static void policy_look(struct validation *v, struct host *host, const struct network *n)
{
	struct failure ignored = { 0 };
	struct link master, below;
	const bool found =
	        !n->config->link_in_container && !n->config->device_id &&
	        target_master_on_host(n->config, &host->rtnl, &master, &ignored) == FOUND &&
	        master_below(&host->rtnl, &master, &below, &ignored) == 0;

	judge_policy(&v->findings, n, found ? below.name : NULL);
}

static int networks_judge(struct validation *v)
{
	OWNED(host_release) struct host host = HOST_CLOSED;

	if (host_open(&host, v->failure) < 0)
		return -1;
	for (size_t i = 0; i < v->networks.n; i++) {
		const struct network *n = &v->networks.list[i];
		const size_t first = v->findings.n;
		if (judge_configuration(&v->findings, n))
			policy_look(v, &host, n);
		if (v->findings.n == first)
			finding_add(&v->findings, &fine, NULL, "network %s in %s", n->request.name,
			            n->path);
	}
	judge_overlaps(&v->findings, &v->networks);
	return 0;
}

static int networks_read(struct validation *v, const struct call *call)
{
	const struct documents_visit visit = { on_document, on_reference, v };

	if (call->n == 0)
		return networks_find(&v->networks, &v->node, v->failure);
	for (int i = 0; i < call->n; i++)
		if (documents_each(call->argument[i], &visit, v->failure) < 0)
			return -1;
	return 0;
}

static int validate(const struct call *call, struct failure *f)
{
	OWNED(validation_release) struct validation v = { .node = NODE_CLOSED, .failure = f };
	enum output form;

	if (output_form(call, &form, f) < 0 || node_open(&v.node, call->option['r'], f) < 0 ||
	    networks_read(&v, call) < 0 || networks_judge(&v) < 0)
		return -1;
	return findings_print(&v.findings, form, stdout, f);
}

static const struct cli_option options[] = {
	OUTPUT_OPTIONS,
	NODE_OPTION,
	{ .name = NULL },
};

const struct verb verb_validate = {
	.name = "validate",
	.summary = "what is wrong with network configurations",
	.cli = { .program = "podtapctl validate",
	         .synopsis = "[OPTION...] [FILE...]",
	         .about = "Reports invalid, unknown and idle keys of networks, what the policy of\n"
	                  "this node says to them, and addresses that two of them give. A FILE is "
	                  "a\n"
	                  "configuration or list of a runtime, a network of podman's, or has\n"
	                  "NetworkAttachmentDefinitions, as JSON or YAML; - is stdin. Without a "
	                  "FILE,\n"
	                  "it takes the networks of this node. Exits 1 if something is wrong.\n\n"
	                  "  podtapctl validate lan.conflist\n",
	         .options = options },
	.most = 64,
	.run = validate,
};
