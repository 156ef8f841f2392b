/* SPDX-License-Identifier: Apache-2.0 */
/* The verb delete: what DEL does, for endpoints whose runtime does not call it. */
#include "base/name.h"
#include "control/removal.h"
#include "control/verb.h"
#include "record/ifindex.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { INTERFACES_MAX = 256 };

/* The interfaces of one container. */
struct selection {
	const char *ifname; /* NULL: all */
	char found[INTERFACES_MAX][IFNAMSIZ];
	size_t n;
};

/* Notes the name alone: nothing is read. */
static bool note(const char *container_id, const char *ifname, void *data)
{
	struct selection *s = data;

	(void)container_id;
	if ((!s->ifname || strcmp(ifname, s->ifname) == 0) && s->n < INTERFACES_MAX)
		snprintf(s->found[s->n++], IFNAMSIZ, "%s", ifname);
	return false;
}

static int read_none(const struct endpoint *e, const struct failure *error, void *data)
{
	(void)e, (void)error, (void)data;
	return 0;
}

static int delete_one(const struct removal *r, struct failure *f)
{
	static const char *const left[] = {
		[REMOVAL_LIVES] = "its interface exists: end its container, or delete it all the "
		                  "same with --force",
		[REMOVAL_BUSY] = "another call works on it: try again when that has ended",
	};
	const enum removal_outcome outcome = removal_run(r, f);

	if (outcome == REMOVAL_FAILED)
		return -1;
	if (outcome != REMOVAL_DONE)
		return fail(f, CNI_OTHER, left[outcome], "endpoint %s of container %s", r->ifname,
		            r->container_id);
	printf("%s of %s: deleted\n", r->ifname, r->container_id);
	return 0;
}

static int delete (const struct call *call, struct failure *f)
{
	struct selection s = { .ifname = call_argument(call, 1) };
	const struct endpoint_visit visitor = { .on_record = read_none,
		                                .data = &s,
		                                .matters = note };
	struct removal r = { .container_id = call->argument[0],
		             .config = call->option['c'],
		             .force = call->option['f'] };

	if (geteuid() != 0)
		return fail(f, CNI_OTHER, "only root can", "delete endpoints");
	if (identifier_valid(r.container_id) && endpoint_each_of(r.container_id, &visitor, f) < 0)
		return -1;
	if (!s.n)
		return unrecorded(r.container_id, s.ifname, f);
	for (size_t i = 0; i < s.n; i++) { /* also after a failure */
		struct failure one = { 0 };
		r.ifname = s.found[i];
		if (delete_one(&r, &one) < 0)
			failure_join(f, &one);
	}
	return f->code ? -1 : 0;
}

const struct verb verb_delete = {
	.name = "delete",
	.summary = "remove endpoints as DEL does, and release their addresses",
	.cli = { .program = "podtapctl delete",
	         .synopsis = "[--config FILE] [--force] CONTAINER [IFNAME]",
	         .about = "Removes a container's endpoints, or the one of that interface, and "
	                  "their\n"
	                  "addresses, with the configuration on record. Refuses what is alive.\n\n"
	                  "  podtapctl delete 0a1b2c3d4e5f eth0\n",
	         .options =
	                 (const struct cli_option[]){
	                         { "config", "FILE", 'c', "the network's configuration or list" },
	                         { "force", NULL, 'f', "also what is alive" },
	                         { .name = NULL } } },
	.container = CONTAINER_CHANGE,
	.fewest = 1,
	.most = 2,
	.arguments = "a container",
	.run = delete,
};
