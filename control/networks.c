/* SPDX-License-Identifier: Apache-2.0 */
/* Finding the networks of the node. */
#include "control/networks.h"

#include "base/entries.h"
#include "base/file.h"
#include "base/json.h"
#include "control/network_file.h"
#include "control/plugins.h"
#include "control/runtime_directory.h"
#include "netavark/network.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

enum { FILES_MAX = 4096 };

static const struct place {
	const char *directory;
	bool netavark;
} places[] = {
	{ "/etc/cni/net.d", false },
	{ "/etc/cni/multus/net.d", false },
	{ "/etc/containers/networks", true },
};

static void network_release(struct network *n)
{
	text_release(&n->path);
	request_release(&n->request);
	free(n->config);
	free(n->invalid);
}

void networks_release(struct networks *l)
{
	for (size_t i = 0; i < l->n; i++)
		network_release(&l->list[i]);
	free(l->list);
	*l = (struct networks){ .list = NULL };
}

static bool is_network(const char *name)
{
	static const char *const suffixes[] = { ".conf", ".conflist", ".json" };
	const size_t length = strlen(name);

	for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++)
		if (length > strlen(suffixes[i]) &&
		    strcmp(name + length - strlen(suffixes[i]), suffixes[i]) == 0)
			return true;
	return false;
}

static int place_walk(const struct node *node, const struct place *place,
                      int (*on_file)(const char *path, bool netavark, void *data), void *data)
{
	OWNED(entries_release) struct entries files;
	char path[PATH_MAX];
	const char *name;
	struct stat st;
	int n = 0;

	entries_begin(&files, node_file(node, place->directory, O_RDONLY | O_DIRECTORY));
	while ((name = entries_next(&files)) && n < FILES_MAX) {
		if (!is_network(name) || snprintf(path, sizeof path, "%s/%s", place->directory,
		                                  name) >= (int)sizeof path)
			continue;
		if (node_look(node, path, &st) < 0 || !S_ISREG(st.st_mode))
			continue;
		n++;
		if (on_file(path, place->netavark, data) < 0)
			return -1;
	}
	return 0;
}

int network_files_each(const struct node *node,
                       int (*on_file)(const char *path, bool netavark, void *data), void *data)
{
	char named[RUNTIMES][PATH_MAX];
	const size_t n = runtime_directories(node, RUNTIME_NETWORKS, named);

	for (size_t i = 0; i < sizeof places / sizeof *places; i++)
		if (place_walk(node, &places[i], on_file, data) < 0)
			return -1;
	for (size_t i = 0; i < n; i++) {
		const struct place further = { named[i], false };
		if (strcmp(named[i], places[0].directory) != 0 &&
		    place_walk(node, &further, on_file, data) < 0)
			return -1;
	}
	return 0;
}

struct search {
	struct networks *found;
	const struct node *node;
	struct failure *failure; /* that memory is short */
};

/* Adds a network with the failure of its file (NULL: none). Returns it, or NULL without memory. */
static struct network *network_add(struct search *s, const char *path,
                                   const struct failure *invalid)
{
	struct networks *l = s->found;
	struct network *grown = realloc(l->list, (l->n + 1) * sizeof *grown);
	struct failure *copy = invalid ? malloc(sizeof *copy) : NULL;

	if (grown)
		l->list = grown;
	if (grown && (copy || !invalid)) {
		if (copy)
			*copy = *invalid;
		grown[l->n] = (struct network){ .path = strdup(path), .invalid = copy };
		return &grown[l->n++];
	}
	free(copy);
	fail_errno(s->failure, ENOMEM, "list the networks");
	return NULL;
}

/* Decodes a configuration, as podtap does. Takes the JSON over. */
static int config_add(struct search *s, const char *path, cJSON *config, bool netavark)
{
	OWNED(json_release) cJSON *json = config;
	struct failure invalid = { 0 };
	struct network *n = network_add(s, path, NULL);

	if (!n)
		return -1;
	n->netavark = netavark;
	n->request = (struct request){ .container_id = "",
		                       .netns = "",
		                       .ifname = "",
		                       .args = "",
		                       .path = "",
		                       .text = json_text(json) };
	n->config = calloc(1, sizeof *n->config);
	if (!n->path || !n->request.text || !n->config)
		return fail_errno(s->failure, ENOMEM, "list the networks");
	n->request.length = strlen(n->request.text);
	if (request_decode(&n->request, &invalid) == 0 &&
	    config_read(n->config, &n->request, false, &invalid) == 0)
		return 0;
	free(n->config);
	n->config = NULL;
	n->invalid = malloc(sizeof invalid);
	if (!n->invalid)
		return fail_errno(s->failure, ENOMEM, "list the networks");
	*n->invalid = invalid;
	return 0;
}

static int on_netavark(struct search *s, const char *path, const struct network_file *file)
{
	const char *driver = json_string(json_member(file->json, "driver"));
	struct failure invalid = { 0 };

	if (!driver || strcmp(driver, "podtap") != 0)
		return 0;
	cJSON *config = network_config(file->json, NULL, false, &invalid);
	if (config)
		return config_add(s, path, config, true);
	struct network *n = network_add(s, path, &invalid);
	if (n)
		n->netavark = true;
	return n ? 0 : -1;
}

static int on_list(struct search *s, const char *path, const struct network_file *file)
{
	const cJSON *plugin;

	for (size_t i = 0; (plugin = network_file_plugin(file, i)); i++) {
		if (!plugin_is_podtap(s->node, json_string(json_member(plugin, "type"))))
			continue;
		cJSON *config = network_file_config(file, plugin, s->failure);
		if (!config || config_add(s, path, config, false) < 0)
			return -1;
	}
	return 0;
}

static int on_file(const char *path, bool netavark, void *data)
{
	OWNED(network_file_release) struct network_file file = { .json = NULL };
	struct search *s = data;
	struct failure invalid = { 0 };
	char whole[PATH_MAX];

	if (snprintf(whole, sizeof whole, "%s%s", s->node->path, path) >= (int)sizeof whole)
		return 0;
	const int read = network_file_read(&file, whole, &invalid);
	if (netavark && file.json)
		return on_netavark(s, path, &file);
	if (read < 0)
		return network_add(s, path, &invalid) ? 0 : -1;
	return on_list(s, path, &file);
}

int networks_add(struct networks *l, const struct node *node, const char *path, cJSON *json,
                 struct failure *f)
{
	OWNED(network_file_release) struct network_file file = { .json = NULL };
	struct search search = { l, node, f };
	struct failure invalid = { 0 };
	const int read = network_file_take(&file, json, path, &invalid);

	if (json_member(file.json, "driver") && !json_member(file.json, "type"))
		return on_netavark(&search, path, &file);
	if (read < 0)
		return network_add(&search, path, &invalid) ? 0 : -1;
	return on_list(&search, path, &file);
}

int networks_find(struct networks *l, const struct node *node, struct failure *f)
{
	struct search search = { l, node, f };

	*l = (struct networks){ .list = NULL };
	return network_files_each(node, on_file, &search);
}
