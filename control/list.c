/* SPDX-License-Identifier: Apache-2.0 */
/* The verbs list and show: the endpoints of this host, or of a container, with their states. */
#include "control/listing.h"
#include "control/verb.h"
#include "control/watch.h"

#include <unistd.h>

int unrecorded(const char *container_id, const char *ifname, struct failure *f)
{
	return fail(f, CNI_OTHER, "there is no record of it: podtapctl list shows those there are",
	            "endpoint%s%s of %s", ifname ? " " : "s", ifname ? ifname : "", container_id);
}

/* The options' keys that are no letters. */
enum { NETWORK = 1, NAMESPACE, POD, MASTER, STALE };

static int list(const struct call *call, struct failure *f)
{
	OWNED(listing_release) struct listing l = { .row = NULL };
	const struct listing_filter filter = {
		.container_id = call_argument(call, 0),
		.ifname = call_argument(call, 1),
		.network = call->option[NETWORK],
		.space = call->option[NAMESPACE],
		.pod = call->option[POD],
		.master = call->option[MASTER],
		.stale = call->option[STALE],
	};
	struct failure missed = { 0 };

	if (output_form(call, &l.form, f) < 0)
		return -1;
	if (geteuid() != 0)
		return fail(f, CNI_OTHER, "only root can look into the containers' namespaces",
		            "list the endpoints");
	if (call->option['w'])
		return watch_run(l.form, &filter, f);
	if (listing_collect(&l, &filter, &missed, f) < 0)
		return -1;
	if (filter.container_id && !l.n)
		return missed.code ? failure_pass(f, &missed)
		                   : unrecorded(filter.container_id, filter.ifname, f);
	if (!output_is_data(l.form))
		listing_print_table(&l, stdout);
	else if (listing_print_data(&l, filter.ifname != NULL, stdout, f) < 0)
		return -1;
	if (missed.code)
		fprintf(stderr, "podtapctl: %s: %s\n", missed.msg, missed.details);
	return l.unknown ? EXIT_UNKNOWN : l.stale ? EXIT_STALE : 0;
}

static const struct cli_option list_options[] = {
	OUTPUT_OPTIONS,
	{ "network", "NETWORK", NETWORK, "only of this network" },
	{ "namespace", "NAMESPACE", NAMESPACE, "only of pods in this namespace" },
	{ "pod", "[NAMESPACE/]NAME", POD, "only of pods, or containers, of this name" },
	{ "master", "INTERFACE", MASTER, "only on this master" },
	{ "stale", NULL, STALE, "only stale ones" },
	{ "watch", NULL, 'w', "go on with a line for each change" },
	{ .name = NULL },
};

static const struct cli_option show_options[] = {
	OUTPUT_OPTIONS,
	{ .name = NULL },
};

const struct verb verb_list = {
	.name = "list",
	.summary = "every endpoint of this host",
	.cli = { .program = "podtapctl list",
	         .synopsis = "[OPTION...]",
	         .about = "Lists every endpoint of this host, and whether it is alive, stale or "
	                  "unknown.\n"
	                  "Exits 1 if one is stale, and 2 if one is unknown.\n\n"
	                  "  podtapctl list --json | jq '.[] | select(.alive != true)'\n",
	         .options = list_options },
	.run = list,
};

const struct verb verb_show = {
	.name = "show",
	.summary = "a container's endpoints, or one of them",
	.cli = { .program = "podtapctl show",
	         .synopsis = "[-o FORM] CONTAINER [IFNAME]",
	         .about = "Shows the endpoints of a container, or the one of that interface.\n"
	                  "Exits 1 if one is stale, and 2 if one is unknown.\n\n"
	                  "  podtapctl show 0a1b2c eth0 --json\n",
	         .options = show_options },
	.container = CONTAINER_READ,
	.fewest = 1,
	.most = 2,
	.arguments = "a container",
	.run = list,
};
