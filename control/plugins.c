/* SPDX-License-Identifier: Apache-2.0 */
/* Looking into the directories of plugins. */
#include "control/plugins.h"

#include "control/runtime_directory.h"
#include "ipam/delegate.h"

#include <stdio.h>
#include <string.h>

void plugin_directories_each(const struct node *node,
                             void (*on_directory)(const char *path, void *data), void *data)
{
	const char *all = delegate_path();
	char named[RUNTIMES][PATH_MAX], path[PATH_MAX];
	const size_t n = runtime_directories(node, RUNTIME_PLUGINS, named);
	struct stat st;
	bool seen[RUNTIMES] = { false };

	for (size_t length; *all; all += length + (all[length] == ':')) {
		length = strcspn(all, ":");
		snprintf(path, sizeof path, "%.*s", (int)length, all);
		for (size_t i = 0; i < n; i++)
			seen[i] |= strcmp(path, named[i]) == 0;
		if (*path == '/' && node_look(node, path, &st) == 0 && S_ISDIR(st.st_mode))
			on_directory(path, data);
	}
	for (size_t i = 0; i < n; i++)
		if (!seen[i] && node_look(node, named[i], &st) == 0 && S_ISDIR(st.st_mode))
			on_directory(named[i], data);
}

static int look(const struct node *node, const char *directory, const char *name, struct stat *st)
{
	char path[PATH_MAX];

	if (snprintf(path, sizeof path, "%s/%s", directory, name) >= (int)sizeof path)
		return -1;
	return node_look(node, path, st);
}

bool plugin_is_podtap_in(const struct node *node, const char *directory, const char *name)
{
	struct stat podtap, other;

	return look(node, directory, "podtap", &podtap) == 0 &&
	       look(node, directory, name, &other) == 0 && other.st_dev == podtap.st_dev &&
	       other.st_ino == podtap.st_ino;
}

struct search {
	const struct node *node;
	const char *name;
	bool decided;
	bool podtap;
};

static void on_directory(const char *path, void *data)
{
	struct search *s = data;
	struct stat st;

	if (s->decided || look(s->node, path, s->name, &st) < 0)
		return;
	s->decided = true;
	s->podtap = plugin_is_podtap_in(s->node, path, s->name);
}

bool plugin_is_podtap(const struct node *node, const char *name)
{
	struct search search = { node, name, false, false };

	if (strcmp(name, "podtap") == 0)
		return true;
	if (strcmp(name, "macvlan") != 0 && strcmp(name, "macvtap") != 0)
		return false;
	plugin_directories_each(node, on_directory, &search);
	return search.podtap;
}
