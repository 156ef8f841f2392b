/* SPDX-License-Identifier: Apache-2.0 */
/* The verb uninstall: take out what install put in, and put back what was there. */
#include "control/install.h"
#include "control/place.h"
#include "record/endpoint.h"

#include <stdio.h>

struct removals {
	const struct call *call;
	bool aliases_only;
	struct failure *failure;
};

/* Aliases go first: one that leads to a removed file is no plugin. */
static int uninstall_from(const struct removals *r, const char *path, struct failure *f)
{
	OWNED(place_release) struct place p = PLACE_CLOSED;

	if (place_open(&p, path, false, f) < 0)
		return -1;
	for (const char *const *name = installed_aliases; *name; name++)
		if ((!r->aliases_only || alias_is_wanted(r->call, *name)) &&
		    place_undo(&p, *name, f) < 0)
			return -1;
	for (const char *const *name = installed_programs; *name && !r->aliases_only; name++)
		if (place_undo(&p, *name, f) < 0)
			return -1;
	return 0;
}

static void on_directory(const char *path, void *data)
{
	const struct removals *r = data;
	struct failure why = { 0 };

	if (access(path, F_OK) < 0 && errno == ENOENT)
		return; /* nothing is installed there */
	if (uninstall_from(r, path, &why) < 0)
		failure_join(r->failure, &why);
}

static bool count(const char *container_id, const char *ifname, void *data)
{
	(void)container_id, (void)ifname;
	++*(size_t *)data;
	return false;
}

static int read_none(const struct endpoint *e, const struct failure *error, void *data)
{
	(void)e, (void)error, (void)data;
	return 0;
}

static int endpoints_refuse(struct failure *f)
{
	size_t n = 0;
	const struct endpoint_visit visitor = { .on_record = read_none,
		                                .data = &n,
		                                .matters = count };

	if (endpoint_each(&visitor, f) < 0)
		return -1;
	return n ? fail(f, CNI_OTHER,
	                "no pod of theirs can end without the plugin: end them first, or give "
	                "--force",
	                "uninstall with %zu endpoints on record", n)
	         : 0;
}

static int uninstall(const struct call *call, struct failure *f)
{
	struct removals r = { .call = call,
		              .aliases_only =
		                      call->option[OPTION_ALIASES] || call->option[OPTION_ALIAS],
		              .failure = f };

	if (aliases_read(call, f) < 0)
		return -1;
	if (!r.aliases_only && !call->option['f'] && endpoints_refuse(f) < 0)
		return -1;
	directories_each(call, OPTION_FROM, on_directory, &r, f);
	return f->code ? -1 : 0;
}

const struct verb verb_uninstall = {
	.name = "uninstall",
	.summary = "take the CNI plugins out, and put back what was there",
	.cli = { .program = "podtapctl uninstall",
	         .synopsis = "[--aliases | --alias NAME...] [--force] [--from DIRECTORY...]",
	         .about = "Removes podtap, podtap-ipam and the links to podtap from the node's "
	                  "directories\n"
	                  "of CNI plugins, or from the given ones, and renames NAME.before-podtap "
	                  "back.\n"
	                  "With --aliases only the links. Otherwise it refuses while an endpoint "
	                  "is on\n"
	                  "record: its pod could not end.\n\n"
	                  "  podtapctl uninstall --aliases\n",
	         .options =
	                 (const struct cli_option[]){
	                         { "aliases", NULL, OPTION_ALIASES,
	                           "only the links macvtap and macvlan" },
	                         { "alias", "NAME", OPTION_ALIAS, "only one of these links" },
	                         { "force", NULL, 'f', "also while an endpoint is on record" },
	                         { "from", "DIRECTORY", OPTION_FROM,
	                           "uninstall there alone; may be repeated" },
	                         { .name = NULL } } },
	.run = uninstall,
};
