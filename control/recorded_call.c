/* SPDX-License-Identifier: Apache-2.0 */
/* Making a request from a record and a configuration. */
#include "control/recorded_call.h"

#include "control/network_file.h"
#include "control/plugins.h"
#include "ipam/delegate.h"

#include <errno.h>
#include <string.h>

static const char *named(const char *text, const char *otherwise)
{
	return text && *text ? text : otherwise;
}

/* Finds podtap among the plugins of a network: by its name, or by a link to it. */
static const cJSON *podtap_find(const struct network_file *n)
{
	OWNED(node_release) struct node node = NODE_CLOSED;
	struct failure ignored = { 0 };
	const bool open = node_open(&node, NULL, &ignored) == 0;
	const cJSON *plugin;

	for (size_t i = 0; (plugin = network_file_plugin(n, i)); i++) {
		const char *type = json_string(json_member(plugin, "type"));
		if (strcmp(type, "podtap") == 0 || (open && plugin_is_podtap(&node, type)))
			return plugin;
	}
	return NULL;
}

/* Returns podtap's configuration in a file of this network (NULL: any); the caller frees it. */
static char *file_config(const char *file, const char *network, struct failure *f)
{
	OWNED(network_file_release) struct network_file n = { .json = NULL };

	if (network_file_read(&n, file, f) < 0)
		return NULL;
	const cJSON *plugin = podtap_find(&n);
	if (!plugin || (network && strcmp(n.name, network) != 0)) {
		fail(f, CNI_CONFIG,
		     plugin ? "the endpoint is of another network"
		            : "none of its plugins is podtap",
		     "network %s of %s", n.name, file);
		return NULL;
	}
	OWNED(json_release) cJSON *config = network_file_config(&n, plugin, f);
	char *text = json_text(config);
	if (config && !text)
		fail_errno(f, ENOMEM, "write the configuration of network %s", n.name);
	return text;
}

static char *kept_config(const struct endpoint *e, struct failure *f)
{
	char *text = e->call.config ? strdup(e->call.config) : NULL;

	if (!e->call.config)
		fail(f, CNI_CONFIG,
		     "its record keeps none, because an older podtap made it or it is too long: "
		     "name a file with --config",
		     "the configuration of interface %s of container %s", e->ifname,
		     e->container_id);
	else if (!text)
		fail_errno(f, ENOMEM, "read the endpoint record");
	return text;
}

int recorded_call(struct request *r, const struct endpoint *e, const char *file, struct failure *f)
{
	*r = (struct request){ .container_id = e->container_id,
		               .netns = named(e->netns_path, ""),
		               .ifname = e->ifname,
		               .args = named(e->call.args, ""),
		               .path = named(e->call.path, delegate_path()),
		               .text = file ? file_config(file, e->network, f)
		                            : kept_config(e, f) };
	if (!r->text)
		return -1;
	r->length = strlen(r->text);
	if (request_decode(r, f) < 0)
		return -1;
	if (strcmp(r->name, e->network) == 0)
		return 0;
	return fail(f, CNI_DECODE, r->name,
	            "endpoint record of network %s has a configuration of another", e->network);
}

int file_call(struct request *r, const char *file, struct failure *f)
{
	*r = (struct request){ .container_id = "",
		               .netns = "",
		               .ifname = "",
		               .args = "",
		               .path = delegate_path(),
		               .text = file_config(file, NULL, f) };
	if (!r->text)
		return -1;
	r->length = strlen(r->text);
	return request_decode(r, f);
}
