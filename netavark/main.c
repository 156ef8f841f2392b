/* SPDX-License-Identifier: Apache-2.0 */
/* The executable podtap-netavark, installed as podtap: a driver plugin of netavark, for podman. */
#include "base/bytes.h"
#include "base/cli.h"
#include "base/json.h"
#include "cni/program.h"
#include "netavark/commands.h"

#include <stdio.h>
#include <string.h>

static const struct command {
	const char *name;
	int (*run)(struct call *c, const char *netns, struct failure *f);
	bool netns; /* the path of the container's namespace follows */
} commands[] = {
	{ "create", command_create, false },
	{ "setup", command_setup, true },
	{ "teardown", command_teardown, true },
	{ NULL, NULL, false },
};

static const struct cli cli = {
	.program = "podtap-netavark",
	.synopsis = "info | create | setup NETNS | teardown NETNS",
	.about =
	        "podman runs it, and netavark, as netavark's plugin API says, with JSON on stdin.\n"
	        "`podman network create --driver podtap` makes a network that uses it.\n",
};

/* Prints the error as netavark reads it: one text. */
static void error_print(const struct failure *why)
{
	char text[sizeof why->msg + sizeof why->details + 2];
	OWNED(json_release) cJSON *error = cJSON_CreateObject();
	struct failure unsaid;

	failure_clear(&unsaid);
	snprintf(text, sizeof text, "%s%s%s", why->msg, *why->details ? ": " : "", why->details);
	cJSON_AddStringToObject(error, "error", text);
	if (document_print(error, &unsaid) < 0)
		fprintf(stderr, "podtap: %s\n", text);
}

static void abort_print(int signal)
{
	static const char ended[] = "{\"error\":\"podtap ended abnormally\"}\n";

	(void)signal;
	bytes_write(STDOUT_FILENO, ended, sizeof ended - 1);
	_exit(1);
}

static int info_print(struct failure *f)
{
	OWNED(json_release) cJSON *info = cJSON_CreateObject();

	cJSON_AddStringToObject(info, "version", PODTAP_VERSION);
	cJSON_AddStringToObject(info, "api_version", "1.0.0");
	return document_print(info, f);
}

static int command_run(int argc, char **argv, struct call *c, struct failure *f)
{
	const struct command *command = commands;
	const char *name = argc > 0 ? argv[0] : "info";

	if (strcmp(name, "info") == 0)
		return info_print(f);
	while (command->name && strcmp(command->name, name) != 0)
		command++;
	if (!command->name)
		return fail(f, CNI_CONFIG, "the subcommands are info, create, setup and teardown",
		            "unknown subcommand %.64s", name);
	if (command->netns && (argc < 2 || !*argv[1]))
		return fail(f, CNI_CONFIG, "the path of a network namespace must follow", "%s",
		            name);
	return call_read(c, f) < 0 ? -1 : command->run(c, command->netns ? argv[1] : "", f);
}

int main(int argc, char **argv)
{
	OWNED(call_release) struct call call = { .text = NULL };
	struct cli_walk walk = { .cli = &cli, .argc = argc, .argv = argv };
	struct failure f;

	failure_clear(&f);
	program_begin(abort_print);
	if (cli_next(&walk) == CLI_EXIT)
		return walk.status;
	if (command_run(argc - walk.rest, argv + walk.rest, &call, &f) == 0)
		return 0;
	if (!f.code)
		fail(&f, CNI_OTHER, "", "the call failed");
	error_print(&f);
	return 1;
}
