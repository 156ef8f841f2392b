/* SPDX-License-Identifier: Apache-2.0 */
/* Reading where runtimes look for networks and plugins. */
#include "control/runtime_directory.h"

#include "base/entries.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

static const struct runtime {
	const char *file;
	const char *further; /* a directory of files, of which the last by name counts; or NULL */
	const char *keys[3][2]; /* by what they name; NULL: there is no other */
} runtimes[RUNTIMES] = {
	/* containerd 2.1 has a list. */
	{ "/etc/containerd/config.toml", NULL, { { "conf_dir" }, { "bin_dir", "bin_dirs" } } },
	{ "/etc/crio/crio.conf",
	  "/etc/crio/crio.conf.d",
	  { { "network_dir" }, { "plugin_dirs" }, { "hooks_dir" } } },
};

static bool file_names(const struct node *node, const char *file, const char *const keys[static 2],
                       char path[static PATH_MAX])
{
	char text[PATH_MAX];

	for (size_t i = 0; i < 2 && keys[i]; i++) {
		if (!toml_text(node, file, keys[i], text, sizeof text) || *text != '/')
			continue;
		size_t length = strlen(text);
		while (length > 1 && text[length - 1] == '/')
			length--;
		text[length] = '\0';
		memcpy(path, text, length + 1);
		return true;
	}
	return false;
}

/* Reads it from the files of a directory: what the last one by name says counts. */
static bool files_name(const struct node *node, const char *directory,
                       const char *const keys[static 2], char path[static PATH_MAX])
{
	OWNED(entries_release) struct entries files;
	char file[PATH_MAX], named[PATH_MAX], last[NAME_MAX + 1] = "";
	const char *name;

	entries_begin(&files, node_file(node, directory, O_RDONLY | O_DIRECTORY));
	while ((name = entries_next(&files))) {
		if (strcmp(name, last) < 0 ||
		    snprintf(file, sizeof file, "%s/%s", directory, name) >= (int)sizeof file ||
		    !file_names(node, file, keys, named))
			continue;
		snprintf(last, sizeof last, "%s", name);
		memcpy(path, named, strlen(named) + 1);
	}
	return *last;
}

static bool runtime_names(const struct node *node, const struct runtime *r,
                          const char *const keys[static 2], char path[static PATH_MAX])
{
	const bool found = file_names(node, r->file, keys, path);

	return (r->further && files_name(node, r->further, keys, path)) || found;
}

size_t runtime_directories(const struct node *node, enum runtime_directory which,
                           char paths[static RUNTIMES][PATH_MAX])
{
	size_t n = 0;

	for (size_t i = 0; i < RUNTIMES; i++)
		if (runtime_names(node, &runtimes[i], runtimes[i].keys[which], paths[n]) &&
		    (n == 0 || strcmp(paths[0], paths[n]) != 0))
			n++;
	return n;
}
