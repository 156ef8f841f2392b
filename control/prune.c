/* SPDX-License-Identifier: Apache-2.0 */
/* The verb prune: remove all that is stale on this host. */
#include "control/leftovers.h"
#include "control/stale.h"
#include "control/verb.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

/* From here on, paths are those of the host: of records, of plugins, and what the plugins use. */
static int root_enter(const char *directory, struct failure *f)
{
	return chroot(directory) < 0 || chdir("/") < 0
	               ? fail_errno(f, errno, "enter the host's files at %s", directory)
	               : 0;
}

static int remove_all(const struct call *call, struct failure *f)
{
	OWNED(stale_release)
	struct stale stale = { .host = HOST_CLOSED, .ended = call->option['e'] };
	const bool only_list = call->option['n'];
	size_t leftovers = 0;

	struct failure missed = { 0 };
	if (stale_find(&stale, &missed, f) < 0)
		return -1;
	const int removed = stale_remove(&stale, NULL, only_list, f);
	/* What cannot be read may have what seems to be left behind. */
	const int swept =
	        missed.code ? failure_join(f, &missed) : leftovers_sweep(!only_list, &leftovers, f);
	if (removed < 0 || swept < 0)
		return -1;
	return only_list && stale.n + leftovers ? EXIT_STALE : 0;
}

static int prune(const struct call *call, struct failure *f)
{
	if (geteuid() != 0)
		return fail(f, CNI_OTHER, "only root can", "remove endpoints");
	if (call->option['r'] && root_enter(call->option['r'], f) < 0)
		return -1;
	const int status = remove_all(call, f);
	if (status >= 0 || !call->option['l'])
		return status;
	fprintf(stderr, "podtapctl: left: %s: %s\n", f->msg, f->details);
	return 0;
}

const struct verb verb_prune = {
	.name = "prune",
	.summary = "remove every stale endpoint, and what has no record",
	.cli = { .program = "podtapctl prune",
	         .synopsis = "[--chroot DIRECTORY] [--dry-run] [--ended] [--lenient]",
	         .about = "Removes every endpoint whose namespace or interface is gone, as delete\n"
	                  "does, and CDI devices, links and entries that no record has.\n"
	                  "Never removes what is alive, or cannot be examined.\n"
	                  "With --dry-run it exits 1 if there is something to remove.\n\n"
	                  "  podtapctl prune --dry-run\n",
	         .options =
	                 (const struct cli_option[]){
	                         { "chroot", "DIRECTORY", 'r',
	                           "where a container has all files of its host" },
	                         { "dry-run", NULL, 'n', "only list" },
	                         { "ended", NULL, 'e',
	                           "no endpoint whose namespace lives: repair can help it" },
	                         { "lenient", NULL, 'l', "exit 0 also if something stays" },
	                         { .name = NULL } } },
	.run = prune,
};
