/* SPDX-License-Identifier: Apache-2.0 */
/* The verbs status and version: what the plugins of a network say of themselves. */
#include "control/network_file.h"
#include "control/verb.h"
#include "control/versions.h"
#include "ipam/delegate.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { STATUS_SECONDS = 60 };

static const char *type_of(const cJSON *plugin)
{
	return json_string(json_member(plugin, "type"));
}

/* Asks one plugin. Returns 0, 1 with *why if an ADD would fail, or -1. */
static int status_ask(struct network_file *n, const cJSON *plugin, struct failure *why,
                      struct failure *f)
{
	OWNED(json_release) cJSON *config = network_file_config(n, plugin, f);
	OWNED(text_release) char *text = json_text(config);

	if (!text)
		return fail_errno(f, ENOMEM, "ask plugin %s", type_of(plugin));
	const struct delegate_call call = { .path = delegate_path(),
		                            .type = type_of(plugin),
		                            .command = "STATUS",
		                            .stdin_text = text,
		                            .stdin_length = strlen(text),
		                            .seconds = STATUS_SECONDS };
	OWNED(text_release) char *answer = delegate_run(&call, why);
	return answer ? 0 : 1;
}

static bool version_is_among(const char *text, unsigned known)
{
	enum version v;

	return version_find(text, &v) && (known & 1U << v);
}

/* Prints a line for one plugin. `version` is the configuration's. Returns 0, 1 if an ADD would
 * fail, or -1. */
static int status_tell(struct network_file *n, const cJSON *plugin, const char *version,
                       struct failure *f)
{
	struct failure why = { 0 };
	const unsigned known = versions_ask(delegate_path(), type_of(plugin), &why);

	if (known && !version_is_among(version, known)) {
		printf("%s: not ready: it does not know cniVersion %s of the configuration\n",
		       type_of(plugin), version);
		return 1;
	}
	if (known && !(known & 1U << V1_1_0)) {
		printf("%s: it does not know STATUS\n", type_of(plugin));
		return 0;
	}
	const int unready = known ? status_ask(n, plugin, &why, f) : 1;
	if (unready == 0)
		printf("%s: ready\n", type_of(plugin));
	else if (unready > 0)
		printf("%s: not ready: %s: %s (code %d)\n", type_of(plugin), why.msg, why.details,
		       why.code);
	return unready;
}

static int status(const struct call *call, struct failure *f)
{
	OWNED(network_file_release) struct network_file n = { .json = NULL };
	const cJSON *plugin;
	int all = 0;

	if (network_file_read(&n, call->argument[0], f) < 0)
		return -1;
	const char *wanted = n.version;
	n.version = version_text(V1_1_0); /* the first that has STATUS */
	setenv("CNI_PATH", delegate_path(), 1);
	for (size_t i = 0; (plugin = network_file_plugin(&n, i)); i++) {
		const int one = status_tell(&n, plugin, wanted, f);
		if (one < 0)
			return -1;
		all |= one;
	}
	return all;
}

static int version(const struct call *call, struct failure *f)
{
	OWNED(network_file_release) struct network_file n = { .json = NULL };
	const cJSON *plugin;
	char path[PATH_MAX];

	if (network_file_read(&n, call->argument[0], f) < 0)
		return -1;
	for (size_t i = 0; (plugin = network_file_plugin(&n, i)); i++) {
		const struct delegate_call one = { .path = delegate_path(),
			                           .type = type_of(plugin) };
		if (delegate_find(&one, path, f) < 0)
			return -1;
		const unsigned known = versions_ask(one.path, one.type, f);
		if (!known)
			return -1;
		printf("%s:", path);
		for (int v = 0; v < VERSION_COUNT; v++)
			if (known & 1U << v)
				printf(" %s", version_text((enum version)v));
		putchar('\n');
	}
	return 0;
}

const struct verb verb_status = {
	.name = "status",
	.summary = "whether an ADD to a network could succeed now",
	.cli = { .program = "podtapctl status",
	         .synopsis = "CONF",
	         .about = "Runs STATUS of every plugin of a configuration or list, and prints a "
	                  "line\n"
	                  "for each. Exits 1 if one is not ready.\n\n"
	                  "  podtapctl status /etc/cni/net.d/10-lan.conflist\n" },
	.fewest = 1,
	.most = 1,
	.arguments = "a configuration",
	.run = status,
};

const struct verb verb_version = {
	.name = "version",
	.summary = "the versions that the plugins of a network know",
	.cli = { .program = "podtapctl version",
	         .synopsis = "CONF",
	         .about = "Prints the path of every plugin of a configuration or list, and the\n"
	                  "versions of the specification that it knows.\n\n"
	                  "  podtapctl version /etc/cni/net.d/10-lan.conflist\n" },
	.fewest = 1,
	.most = 1,
	.arguments = "a configuration",
	.run = version,
};
