/* SPDX-License-Identifier: Apache-2.0 */
/* The verbs add and del: attach a namespace to any network, and detach it, as a runtime does. */
#include "control/attach.h"

#include <stdio.h>
#include <string.h>

static int add(const struct call *call, struct failure *f)
{
	OWNED(attach_release) struct attach a = { .runtime = NULL };

	if (attach_open(&a, call, true, f) < 0)
		return -1;
	OWNED(json_release) cJSON *former = attach_kept(&a, f);
	if (former)
		return fail(f, CNI_OTHER, "it was added before: run podtapctl del first",
		            "interface %s of %s in network %s", a.ifname, a.container_id,
		            a.file.name);
	OWNED(text_release) char *result = f->code ? NULL : attach_add(&a, f);
	if (!result)
		return -1;
	fputs(result, stdout);
	return 0;
}

static int del(const struct call *call, struct failure *f)
{
	OWNED(attach_release) struct attach a = { .runtime = NULL };
	struct failure unreadable = { 0 };

	if (attach_open(&a, call, false, f) < 0)
		return -1;
	/* Plugins must do without a result, too. */
	OWNED(json_release) cJSON *result = attach_kept(&a, &unreadable);
	return attach_del(&a, result, f) < 0 || attach_forget(&a, f) < 0 ? -1 : 0;
}

const struct verb verb_add = {
	.name = "add",
	.summary = "attach a namespace to any network, as a runtime does",
	.cli = { .program = "podtapctl add",
	         .synopsis = "[OPTION...] CONF NETNS|CONTAINER [IFNAME]",
	         .about =
	                 "Runs ADD of every plugin of a configuration or list for a network\n"
	                 "namespace: a path, a name in /run/netns, or that of a container with an\n"
	                 "endpoint. Undoes all if one fails. Prints the result.\n\n"
	                 "  podtapctl add /etc/cni/net.d/10-lan.conflist vm1 eth0\n",
	         .options = (const struct cli_option[]){ ATTACH_OPTIONS, { .name = NULL } } },
	.fewest = 2,
	.most = 3,
	.arguments = "a configuration and a network namespace",
	.run = add,
};

const struct verb verb_del = {
	.name = "del",
	.summary = "detach it again",
	.cli = { .program = "podtapctl del",
	         .synopsis = "[OPTION...] CONF NETNS|CONTAINER [IFNAME]",
	         .about = "Runs DEL of every plugin in reverse order, with the result that add\n"
	                  "kept.\n\n"
	                  "  podtapctl del /etc/cni/net.d/10-lan.conflist vm1 eth0\n",
	         .options = (const struct cli_option[]){ ATTACH_OPTIONS, { .name = NULL } } },
	.fewest = 2,
	.most = 3,
	.arguments = "a configuration and a network namespace",
	.run = del,
};
