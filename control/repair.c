/* SPDX-License-Identifier: Apache-2.0 */
/* The verb repair: make links again that went with their master. */
#include "control/broken.h"
#include "control/repair_watch.h"
#include "control/verb.h"

#include <stdio.h>
#include <unistd.h>

static int repair_chosen(const struct broken_choice *choice, bool dry, struct failure *f)
{
	OWNED(broken_release) struct broken b = { .list = NULL };
	struct failure missed = { 0 };

	if (broken_find(&b, choice, &missed, f) < 0)
		return -1;
	if (choice->container_id && !b.seen && !missed.code)
		return unrecorded(choice->container_id, choice->ifname, f);
	if (choice->container_id && !b.n)
		printf("nothing to repair: the link is there, or the network namespace is gone\n");
	const int failed = broken_repair(&b, dry, f);
	if (failed < 0)
		return -1;
	if (missed.code)
		return failure_pass(f, &missed);
	return failed || (dry && b.n) ? EXIT_STALE : 0;
}

static int repair(const struct call *call, struct failure *f)
{
	const struct broken_choice choice = { .container_id = call_argument(call, 0),
		                              .ifname = call_argument(call, 1) };
	const bool dry = call->option['n'], watch = call->option['w'];

	if (geteuid() != 0)
		return fail(f, CNI_OTHER, "only root can", "repair endpoints");
	if (watch && (dry || choice.container_id))
		return fail(f, CNI_OTHER, "it goes with no container, and not with --dry-run",
		            "option --watch");
	return watch ? repair_watch(f) : repair_chosen(&choice, dry, f);
}

const struct verb verb_repair = {
	.name = "repair",
	.summary = "make links again that went with their master",
	.cli = { .program = "podtapctl repair",
	         .synopsis = "[--dry-run | --watch] [CONTAINER [IFNAME]]",
	         .about = "Makes the endpoints again whose link is gone while their network "
	                  "namespace lives,\nsuch as after a NIC's driver was loaded again, or a "
	                  "bond was made anew: with\nthe same name, MAC address, index, addresses "
	                  "and routes. Prints a line for each.\nExits 1 if one could not be "
	                  "repaired; with --dry-run, if there is one to repair.\n\n"
	                  "  podtapctl repair\n",
	         .options = (const struct cli_option[]){ { "dry-run", NULL, 'n', "only list" },
	                                                 { "watch", NULL, 'w',
	                                                   "repair whenever a master is back" },
	                                                 { .name = NULL } } },
	.container = CONTAINER_CHANGE,
	.most = 2,
	.run = repair,
};
