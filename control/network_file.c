/* SPDX-License-Identifier: Apache-2.0 */
/* Reading a network's configuration from a file, by the rules of the reference library. */
#include "control/network_file.h"

#include "base/errno_text.h"
#include "base/file.h"
#include "base/name.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

enum { FILE_MAX = 1 << 20 }; /* bytes */

void network_file_release(struct network_file *n)
{
	json_release(&n->json);
}

char *network_file_text(const char *path, size_t *length, struct failure *f)
{
	OWNED(fd_release)
	int file = strcmp(path, "-") == 0 ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0)
	                                  : openat(AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
	OWNED(text_release) char *text = NULL;

	if (file >= 0 && file_read_all(file, FILE_MAX, &text, length) == 0)
		return text_take(&text);
	fail(f, CNI_IO, errno_text(errno), "read the network configuration %s", path);
	return NULL;
}

static bool plugin_check(const cJSON *plugin)
{
	const char *type = json_string(json_member(plugin, "type"));

	return type && *type;
}

/* Finds the version that the plugins are called with: the highest that both sides know. */
static const char *version_of(const cJSON *json)
{
	const char *best = json_string(json_member(json, "cniVersion")), *text;
	enum version known = V0_1_0, v;
	const cJSON *item;

	if (!best || !*best)
		best = version_text(V0_1_0);
	version_find(best, &known);
	cJSON_ArrayForEach(item, json_member(json, "cniVersions"))
	{
		text = json_string(item);
		if (text && version_find(text, &v) && v > known) {
			known = v;
			best = text;
		}
	}
	return best;
}

static int content_check(const struct network_file *n, const char *path, struct failure *f)
{
	const cJSON *plugin;

	if (!cJSON_IsObject(n->json))
		return fail(f, CNI_DECODE, "it is not an object", "network configuration %s", path);
	if (!n->name || !identifier_valid(n->name))
		return fail(f, CNI_CONFIG,
		            "name is missing, or has other characters than letters, digits, '.', "
		            "'_' and '-'",
		            "network configuration %s", path);
	if (json_member(n->json, "plugins") && cJSON_GetArraySize(n->plugins) == 0)
		return fail(f, CNI_CONFIG, "plugins must be a list with at least one plugin",
		            "network configuration %s", path);
	for (size_t i = 0; (plugin = network_file_plugin(n, i)); i++)
		if (!plugin_check(plugin))
			return fail(f, CNI_CONFIG,
			            "a plugin has no type: that is the name of its executable",
			            "network configuration %s", path);
	return 0;
}

int network_file_take(struct network_file *n, cJSON *json, const char *path, struct failure *f)
{
	*n = (struct network_file){ .json = json };
	n->name = json_string(json_member(n->json, "name"));
	n->version = version_of(n->json);
	if (cJSON_IsArray(json_member(n->json, "plugins")))
		n->plugins = json_member(n->json, "plugins");
	return content_check(n, path, f);
}

int network_file_read(struct network_file *n, const char *path, struct failure *f)
{
	struct failure refusal = { 0 };
	size_t length;

	*n = (struct network_file){ .json = NULL };
	OWNED(text_release) char *text = network_file_text(path, &length, f);
	if (!text)
		return -1;
	cJSON *json = json_parse(text, length, "it", &refusal);
	if (!json)
		return fail(f, refusal.code, refusal.details, "network configuration %s", path);
	return network_file_take(n, json, path, f);
}

const cJSON *network_file_plugin(const struct network_file *n, size_t place)
{
	const cJSON *at = n->plugins ? n->plugins->child : n->json;

	if (!n->plugins)
		return place == 0 ? at : NULL;
	for (; at && place > 0; place--)
		at = at->next;
	return at;
}

cJSON *network_file_config(const struct network_file *n, const cJSON *plugin, struct failure *f)
{
	OWNED(json_release) cJSON *config = cJSON_Duplicate(plugin, true);

	if (config && json_set_text(config, "name", n->name) &&
	    json_set_text(config, "cniVersion", n->version))
		return json_take(&config);
	fail_errno(f, ENOMEM, "write the configuration of network %s", n->name);
	return NULL;
}
