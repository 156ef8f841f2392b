/* SPDX-License-Identifier: Apache-2.0 */
/* The verb guest-config: the guest's network configuration. */
#include "control/guest_config.h"
#include "control/verb.h"
#include "record/verify.h"

#include <string.h>

static const struct guest_format *format_find(const char *name, struct failure *f)
{
	char wanted[128] = "it must be one of";

	for (const struct guest_format *it = guest_formats; it->name; it++)
		if (!name || strcmp(it->name, name) == 0)
			return it;
	for (const struct guest_format *it = guest_formats; it->name; it++)
		word_add(wanted, sizeof wanted, it == guest_formats ? ": " : ", ", it->name);
	fail(f, CNI_OTHER, wanted, "--format %s", name);
	return NULL;
}

/* Uses the link's present MAC and mtu instead of those at ADD: a guest with another MAC receives
 * nothing. */
static int link_apply(struct endpoint *e, struct failure *f)
{
	struct link link;
	const enum found found = endpoint_find_link(e, &link, f);

	if (found != FOUND)
		return -1;
	e->mac = link.mac;
	e->mtu = link.mtu;
	return 0;
}

static int guest_config(const struct call *call, struct failure *f)
{
	OWNED(endpoint_release) struct endpoint e = { .source = NULL };
	OWNED(result_release) struct result r = { 0 };
	const struct guest_format *format = format_find(call->option['f'], f);

	if (!format)
		return -1;
	const enum found found = endpoint_read(call->argument[0], call->argument[1], &e, f);
	if (found == FOUND_NONE)
		return unrecorded(call->argument[0], call->argument[1], f);
	if (found == FOUND_FAILED || link_apply(&e, f) < 0 ||
	    result_read(&r, e.source, V1_1_0, "the endpoint record", f) < 0)
		return -1;
	return format->print(&e, &r, stdout, f);
}

const struct verb verb_guest_config = {
	.name = "guest-config",
	.summary = "the network configuration for the guest",
	.cli = { .program = "podtapctl guest-config",
	         .synopsis = "[--format FORMAT] CONTAINER IFNAME",
	         .about = "Prints the network configuration for the guest on that endpoint's "
	                  "tap.\n\n"
	                  "  podtapctl guest-config 0a1b2c eth0 --format kernel\n",
	         .options = (const struct cli_option[]){ { "format", "cloud-init|kernel|json", 'f',
	                                                   "default: cloud-init" },
	                                                 { .name = NULL } } },
	.container = CONTAINER_READ,
	.fewest = 2,
	.most = 2,
	.arguments = "a container and an interface",
	.run = guest_config,
};
