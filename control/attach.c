/* SPDX-License-Identifier: Apache-2.0 */
/* Finding out what a call by hand is about, and running the plugins of its network. */
#include "control/attach.h"

#include "base/hash.h"
#include "base/name.h"
#include "cni/version.h"
#include "ipam/delegate.h"
#include "record/endpoint.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { PLUGIN_SECONDS = 600 };

void attach_release(struct attach *a)
{
	network_file_release(&a->file);
	json_release(&a->runtime);
}

static int runtime_read(struct attach *a, const char *text, struct failure *f)
{
	if (!text)
		return 0;
	a->runtime = json_parse(text, strlen(text), "--runtime-config", f);
	if (!a->runtime)
		return -1;
	return cJSON_IsObject(a->runtime)
	               ? 0
	               : fail(f, CNI_OTHER, "it must be an object", "--runtime-config %s", text);
}

/* Takes the namespace from the first record of a container. */
static int on_record(const struct endpoint *e, const struct failure *error, void *data)
{
	struct attach *a = data;

	if (error || !e->netns_path || access(e->netns_path, F_OK) < 0)
		return 0;
	snprintf(a->netns, sizeof a->netns, "%s", e->netns_path);
	return 1;
}

static int container_look(struct attach *a, const char *target, struct failure *f)
{
	const struct endpoint_visit visitor = { .on_record = on_record, .data = a };

	if (container_find(target, CONTAINER_CHANGE, a->container_id, f) < 0)
		return -1;
	return identifier_valid(a->container_id) &&
	                       endpoint_each_of(a->container_id, &visitor, f) < 0
	               ? -1
	               : 0;
}

static int target_read(struct attach *a, const char *target, struct failure *f)
{
	const bool is_path = strchr(target, '/') != NULL;

	snprintf(a->netns, sizeof a->netns, "%s%s", is_path ? "" : "/run/netns/", target);
	const bool exists = access(a->netns, F_OK) == 0;
	if (is_path)
		snprintf(a->container_id, sizeof a->container_id, "hand-%016" PRIx64,
		         text_hash(target));
	else
		snprintf(a->container_id, sizeof a->container_id, "%s", target);
	if (exists)
		return 0;
	a->netns[0] = '\0';
	return is_path ? 0 : container_look(a, target, f);
}

int attach_open(struct attach *a, const struct call *call, bool living, struct failure *f)
{
	const char *target = call->argument[1], *ifname = call_argument(call, 2);
	const char *id = call->option['i'], *args = call->option['a'];

	*a = (struct attach){ .args = args ? args : "",
		              .path = delegate_path(),
		              .ifname = ifname ? ifname : "eth0" };
	if (network_file_read(&a->file, call->argument[0], f) < 0 ||
	    runtime_read(a, call->option['r'], f) < 0 || target_read(a, target, f) < 0 ||
	    ifname_check(a->ifname, NULL, CNI_OTHER, f) < 0)
		return -1;
	if (id)
		snprintf(a->container_id, sizeof a->container_id, "%s", id);
	if ((id && strlen(id) >= sizeof a->container_id) || !identifier_valid(a->container_id))
		return fail(f, CNI_OTHER, "it must be of letters, digits, '.', '_' and '-'",
		            "container %s", id ? id : target);
	if (living && !*a->netns)
		return fail(f, CNI_OTHER,
		            "there is no network namespace of that path, no /run/netns of that "
		            "name, and no container of that id with an endpoint",
		            "%s", target);
	return 0;
}

/* Adds the values of the capabilities that the plugin has. */
static bool runtime_add(cJSON *config, const cJSON *runtime)
{
	const cJSON *capabilities = json_member(config, "capabilities"), *value;
	cJSON *all = cJSON_CreateObject();
	bool added = all != NULL;

	json_each_member(value, runtime)
	{
		if (cJSON_IsTrue(json_member(capabilities, value->string)))
			added &= cJSON_AddItemToObject(all, value->string,
			                               cJSON_Duplicate(value, true));
	}
	if (!added || !all->child) {
		cJSON_Delete(all);
		return added;
	}
	return cJSON_AddItemToObject(config, "runtimeConfig", all);
}

static char *stdin_make(const struct attach *a, const cJSON *plugin, const cJSON *previous,
                        struct failure *f)
{
	OWNED(json_release) cJSON *config = network_file_config(&a->file, plugin, f);

	if (!config)
		return NULL;
	if (previous) {
		cJSON_DeleteItemFromObjectCaseSensitive(config, "prevResult");
		cJSON_AddItemToObject(config, "prevResult", cJSON_Duplicate(previous, true));
	}
	char *text = runtime_add(config, a->runtime) ? json_text(config) : NULL;
	if (!text)
		fail_errno(f, ENOMEM, "write the configuration of network %s", a->file.name);
	return text;
}

static char *variable(const char *name, const char *value)
{
	char *text;
	return asprintf(&text, "%s=%s", name, value) < 0 ? NULL : text;
}

/* Runs one plugin. Its failure is passed on, with its name. Returns what it printed. */
static char *plugin_run(const struct attach *a, const cJSON *plugin, const char *command,
                        const cJSON *previous, struct failure *f)
{
	OWNED(text_release) char *text = stdin_make(a, plugin, previous, f);
	OWNED(text_release) char *id = variable("CNI_CONTAINERID", a->container_id);
	OWNED(text_release) char *netns = variable("CNI_NETNS", a->netns);
	OWNED(text_release) char *ifname = variable("CNI_IFNAME", a->ifname);
	OWNED(text_release) char *args = variable("CNI_ARGS", a->args);
	OWNED(text_release) char *path = variable("CNI_PATH", a->path);
	const char *const environment[] = { id, netns, ifname, args, path, NULL };
	struct failure own = { 0 };

	if (!text)
		return NULL;
	if (!id || !netns || !ifname || !args || !path) {
		fail_errno(f, ENOMEM, "run a plugin");
		return NULL;
	}
	const struct delegate_call call = { .path = a->path,
		                            .type = json_string(json_member(plugin, "type")),
		                            .command = command,
		                            .stdin_text = text,
		                            .stdin_length = strlen(text),
		                            .seconds = PLUGIN_SECONDS,
		                            .environment = environment };
	char *answer = delegate_run(&call, &own);
	if (!answer)
		fail(f, own.code, own.details, "plugin %s, %s, code %d: %s", call.type, command,
		     own.code, own.msg);
	return answer;
}

static size_t plugins_count(const struct attach *a)
{
	size_t n = 0;

	while (network_file_plugin(&a->file, n))
		n++;
	return n;
}

int attach_del(const struct attach *a, const cJSON *result, struct failure *f)
{
	bool takes_result = false;

	if (!version_at_least(a->file.version, V0_4_0, &takes_result) || !takes_result)
		result = NULL;
	for (size_t i = plugins_count(a); i > 0; i--) {
		const cJSON *plugin = network_file_plugin(&a->file, i - 1);
		OWNED(text_release) char *answer = plugin_run(a, plugin, "DEL", result, f);
		if (!answer)
			return -1;
	}
	return 0;
}

/* Undoes all plugins of an ADD that failed, as far as they can. */
static void undo(const struct attach *a)
{
	for (size_t i = plugins_count(a); i > 0; i--) {
		struct failure why = { 0 };
		OWNED(text_release)
		char *answer =
		        plugin_run(a, network_file_plugin(&a->file, i - 1), "DEL", NULL, &why);
		if (!answer)
			fprintf(stderr, "podtapctl: undoing: %s%s%s\n", why.msg,
			        *why.details ? ": " : "", why.details);
	}
}

static cJSON *result_parse(const cJSON *plugin, const char *answer, struct failure *f)
{
	char what[NAME_MAX + 32];

	snprintf(what, sizeof what, "the result of plugin %s",
	         json_string(json_member(plugin, "type")));
	return json_parse(answer, strlen(answer), what, f);
}

/* Returns the text of the last plugin's result, or NULL; then nothing is undone. */
static char *add_all(const struct attach *a, struct failure *f)
{
	OWNED(json_release) cJSON *previous = NULL;
	OWNED(text_release) char *answer = NULL;
	const cJSON *plugin;

	for (size_t i = 0; (plugin = network_file_plugin(&a->file, i)); i++) {
		text_release(&answer);
		answer = plugin_run(a, plugin, "ADD", previous, f);
		json_release(&previous);
		previous = answer ? result_parse(plugin, answer, f) : NULL;
		if (!previous)
			return NULL;
	}
	return text_take(&answer);
}

char *attach_add(const struct attach *a, struct failure *f)
{
	OWNED(text_release) char *result = add_all(a, f);

	if (result && attach_keep(a, result, f) == 0)
		return text_take(&result);
	undo(a);
	return NULL;
}
