/* SPDX-License-Identifier: Apache-2.0 */
/* The verb install: put podtap's CNI plugins where this node's runtimes look for them. */
#include "control/install.h"

#include "control/place.h"
#include "control/plugins.h"
#include "control/verb.h"
#include "ipam/delegate.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

const char *const installed_programs[] = { "podtap", "podtap-ipam", NULL };
const char *const installed_aliases[] = { "macvtap", "macvlan", NULL };

/* The directory of the plugins if the node has none, as the specification's examples have it. */
#define DIRECTORY_DEFAULT "/opt/cni/bin"

struct installation {
	const struct call *call;
	int from; /* owned: the directory with the programs */
	size_t n; /* the directories that were installed into */
	bool chosen;
	struct failure *failure;
};

static void installation_release(struct installation *i)
{
	fd_release(&i->from);
}

bool alias_is_wanted(const struct call *call, const char *name)
{
	if (call->option[OPTION_ALIASES])
		return true;
	for (int i = 0; i < call->n_given; i++)
		if (call->given[i].key == OPTION_ALIAS && strcmp(call->given[i].value, name) == 0)
			return true;
	return false;
}

int aliases_read(const struct call *call, struct failure *f)
{
	for (int i = 0; i < call->n_given; i++) {
		const char *const *known = installed_aliases;
		while (*known && call->given[i].key == OPTION_ALIAS &&
		       strcmp(*known, call->given[i].value) != 0)
			known++;
		if (!*known)
			return fail(f, CNI_OTHER, "it must be one of: macvtap, macvlan", "alias %s",
			            call->given[i].value);
	}
	return 0;
}

/* Opens a directory if it has the plugins. */
static bool source_try(struct installation *i, const char *path)
{
	struct place there = PLACE_CLOSED;
	struct failure ignored = { 0 };

	i->from = there.fd = openat(AT_FDCWD, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	for (const char *const *name = installed_programs; i->from >= 0 && *name; name++)
		if (place_look(&there, *name, &ignored) != PLACED_OURS)
			fd_release(&i->from);
	return i->from >= 0;
}

/* Finds the plugins beside this program, as a build has them, or where a runtime does. */
static int source_find(struct installation *i, struct failure *f)
{
	const char *chosen = i->call->option[OPTION_FROM], *all = delegate_path();
	char path[PATH_MAX];
	const ssize_t n = readlink("/proc/self/exe", path, sizeof path - 1);

	if (chosen && source_try(i, chosen))
		return 0;
	path[n < 0 ? 0 : n] = '\0';
	char *slash = strrchr(path, '/');
	if (slash)
		*slash = '\0';
	if (!chosen && *path && source_try(i, path))
		return 0;
	for (size_t length; !chosen && *all; all += length + (all[length] == ':')) {
		length = strcspn(all, ":");
		snprintf(path, sizeof path, "%.*s", (int)length, all);
		if (*path && source_try(i, path))
			return 0;
	}
	return fail(f, CNI_OTHER, "a directory must have podtap and podtap-ipam",
	            "find the plugins in %s", chosen ? chosen : delegate_path());
}

/* What is wrong with one directory does not keep podtap from the others. */
static int install_into(struct installation *i, const char *path, struct failure *f)
{
	OWNED(place_release) struct place p = PLACE_CLOSED;

	if (place_open(&p, path, true, f) < 0)
		return -1;
	for (const char *const *name = installed_programs; *name; name++)
		if (place_program(&p, i->from, *name, f) < 0)
			return -1;
	for (const char *const *name = installed_aliases; *name; name++)
		if (alias_is_wanted(i->call, *name) && place_alias(&p, *name, f) < 0)
			return -1;
	if (!p.changed)
		printf("%s is up to date\n", path);
	i->n++;
	return 0;
}

static void on_directory(const char *path, void *data)
{
	struct installation *i = data;
	struct failure why = { 0 };

	i->chosen = true;
	if (install_into(i, path, &why) == 0)
		return;
	failure_join(i->failure, &why);
}

void directories_each(const struct call *call, int key,
                      void (*on_path)(const char *path, void *data), void *data, struct failure *f)
{
	OWNED(node_release) struct node node = NODE_CLOSED;

	for (int i = 0; i < call->n_given; i++)
		if (call->given[i].key == key)
			on_path(call->given[i].value, data);
	if (!call->option[key] && node_open(&node, NULL, f) == 0)
		plugin_directories_each(&node, on_path, data);
}

static int install(const struct call *call, struct failure *f)
{
	OWNED(installation_release)
	struct installation i = { .call = call, .from = -1, .failure = f };

	if (aliases_read(call, f) < 0 || source_find(&i, f) < 0)
		return -1;
	directories_each(call, OPTION_TO, on_directory, &i, f);
	if (!i.chosen)
		on_directory(DIRECTORY_DEFAULT, &i);
	return f->code ? -1 : 0;
}

const struct verb verb_install = {
	.name = "install",
	.summary = "put the CNI plugins where runtimes look for them",
	.cli = { .program = "podtapctl install",
	         .synopsis = "[--aliases | --alias NAME...] [--from DIRECTORY] [--to DIRECTORY...]",
	         .about = "Copies podtap and podtap-ipam into the node's directories of CNI "
	                  "plugins, or\n"
	                  "into the given ones, where they differ. Each is renamed into place: a "
	                  "runtime\n"
	                  "finds a plugin at any instant. With --aliases, macvtap and macvlan "
	                  "become links\n"
	                  "to podtap. What another program has there stays as "
	                  "NAME.before-podtap.\n\n"
	                  "  podtapctl install --alias macvtap --to /host/opt/cni/bin\n",
	         .options =
	                 (const struct cli_option[]){
	                         { "aliases", NULL, OPTION_ALIASES, "links macvtap and macvlan" },
	                         { "alias", "NAME", OPTION_ALIAS, "one of these links" },
	                         { "from", "DIRECTORY", OPTION_FROM,
	                           "where the plugins are; else beside podtapctl, or in CNI_PATH" },
	                         { "to", "DIRECTORY", OPTION_TO,
	                           "install there alone; may be repeated" },
	                         { .name = NULL } } },
	.run = install,
};
