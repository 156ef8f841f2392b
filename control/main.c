/* SPDX-License-Identifier: Apache-2.0 */
/* The executable podtapctl: finds the verb, reads its options and arguments, and runs it. */
#include "control/verb.h"

#include "base/owned.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#define VERB_ROW(name) &verb_##name,
const struct verb *const verbs[] = { VERBS(VERB_ROW) NULL };

enum { HELP_MAX = 8192 };

static const struct verb *verb_find(const char *name)
{
	for (size_t i = 0; verbs[i]; i++)
		if (strcmp(verbs[i]->name, name) == 0)
			return verbs[i];
	return NULL;
}

/* Reads the program's own command line, which names no verb. Returns the exit code. */
static int program_answer(int argc, char **argv)
{
	char about[HELP_MAX] = "";
	const struct cli cli = {
		.program = "podtapctl",
		.synopsis = "VERB [OPTION...] [ARGUMENT...]",
		.about = about,
		.leading = true,
	};
	struct cli_walk w = { .cli = &cli, .argc = argc, .argv = argv };
	size_t n = 0;

	for (size_t i = 0; verbs[i] && n < sizeof about; i++)
		n += (size_t)snprintf(about + n, sizeof about - n, "  %-14s %s\n", verbs[i]->name,
		                      verbs[i]->summary);
	if (n < sizeof about)
		snprintf(about + n, sizeof about - n,
		         "\npodtapctl VERB --help explains the verb.\n");
	if (cli_next(&w) == CLI_EXIT)
		return w.status;
	if (w.rest < argc)
		return cli_misused(&cli, "unknown verb %s", argv[w.rest]);
	return cli_misused(&cli, "there is no verb");
}

/* Reads a verb's options and arguments. Returns false if the program must end with *status. */
static bool call_read(struct call *call, const struct verb *verb, struct cli_walk *w, int *status)
{
	int key;

	while ((key = cli_next(w)) > CLI_ARGUMENTS && call->n_given < GIVEN_MAX) {
		call->option[key] = w->value ? w->value : "";
		call->given[call->n_given].key = key;
		call->given[call->n_given++].value = call->option[key];
	}
	*status = key > CLI_ARGUMENTS ? cli_misused(&verb->cli, "there are too many options")
	                              : w->status;
	if (key != CLI_ARGUMENTS)
		return false;
	call->n = w->argc - w->rest;
	call->argument = (const char *const *)w->argv + w->rest;
	if (call->n > verb->most)
		*status = cli_misused(&verb->cli, "unexpected argument %s",
		                      call->argument[verb->most]);
	else if (call->n < verb->fewest)
		*status = cli_misused(&verb->cli, "it needs %s", verb->arguments);
	return call->n <= verb->most && call->n >= verb->fewest;
}

/* Puts the whole id of the container that is meant in the place of the first argument. */
static int container_read(const struct verb *verb, const struct cli_walk *w,
                          char id[static CONTAINER_ID], struct failure *f)
{
	char **first = w->argv + w->rest;

	if (verb->container == CONTAINER_NONE || w->rest == w->argc)
		return 0;
	struct failure why = { 0 };
	if (container_find(*first, verb->container, id, &why) < 0)
		return fail(f, why.code, geteuid() == 0 ? why.details : "only root can read it",
		            "%s", why.msg);
	*first = id;
	return 0;
}

/* A write may have failed long before the last one: only the stream's mark tells. */
static bool printed_all(void)
{
	return fflush(stdout) == 0 && !ferror(stdout);
}

/* Puts /dev/null in the place of each standard stream that is closed: what is opened next would be
 * taken for it, and written to. It is open for reading: printing fails. Plugins that are executed
 * have it, too. */
static void streams_hold(void)
{
	int fd;

	do
		fd = openat(AT_FDCWD, "/dev/null", O_RDONLY);
	while (fd >= 0 && fd <= STDERR_FILENO);
	fd_release(&fd);
}

int main(int argc, char **argv)
{
	const struct verb *verb = argc > 1 ? verb_find(argv[1]) : NULL;
	struct call call = { .n = 0 };
	struct failure f = { 0 };
	char id[CONTAINER_ID];
	int status = 0;

	streams_hold();
	if (!verb)
		return program_answer(argc, argv);
	struct cli_walk w = { .cli = &verb->cli, .argc = argc - 1, .argv = argv + 1 };
	if (!call_read(&call, verb, &w, &status))
		return status;
	int done = container_read(verb, &w, id, &f) < 0 ? -1 : verb->run(&call, &f);
	const bool printed = printed_all();
	if (!printed && done >= 0)
		done = fail(&f, CNI_IO, "is its file system full, or its reader gone?",
		            "not all output could be written");
	if (done >= 0)
		return done;
	fprintf(stderr, "podtapctl: %s%s%s\n", f.msg, *f.details ? ": " : "", f.details);
	return EXIT_UNKNOWN;
}
