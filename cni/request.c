/* SPDX-License-Identifier: Apache-2.0 */
/* Reading one call: the environment, stdin, and the combination of both. */
#include "cni/request.h"

#include "base/clock.h"
#include "base/errno_text.h"
#include "base/file.h"
#include "base/json.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

void request_release(struct request *r)
{
	text_release(&r->text);
	json_release(&r->json);
}

const char *request_version_text(const struct request *r)
{
	const cJSON *node = json_member(r->json, "cniVersion");
	const char *text = node ? json_string(node) : "";
	enum version v = VERSION_LATEST;

	if (cJSON_IsObject(r->json) && text && !version_find(text, &v) && !*text)
		v = V0_1_0;
	return version_text(v);
}

static const char *variable_value(const char *name)
{
	const char *value = getenv(name);

	return value ? value : "";
}

static int containerid_check(const char *text, struct failure *f)
{
	if (!identifier_valid(text))
		return fail(f, CNI_ENV, text, "invalid characters in containerID");
	if (strlen(text) > NAME_MAX)
		return fail(f, CNI_ENV, "CNI_CONTAINERID may have 255 characters",
		            "containerID is too long");
	return 0;
}

static int cni_ifname_check(const char *text, struct failure *f)
{
	return ifname_check(text, NULL, CNI_ENV, f);
}

/* In the order in which the reference library checks them. */
static const struct variable {
	const char *name;
	unsigned bit;
	size_t offset;
	int (*check)(const char *, struct failure *);
} variables[] = {
	{ "CNI_CONTAINERID", NEEDS_CONTAINERID, offsetof(struct request, container_id),
	  containerid_check },
	{ "CNI_NETNS", NEEDS_NETNS, offsetof(struct request, netns), NULL },
	{ "CNI_IFNAME", NEEDS_IFNAME, offsetof(struct request, ifname), cni_ifname_check },
	{ "CNI_ARGS", 0, offsetof(struct request, args), NULL },
	{ "CNI_PATH", NEEDS_PATH, offsetof(struct request, path), NULL },
};

static void environment_read(struct request *r)
{
	const char *override = variable_value("CNI_NETNS_OVERRIDE");

	for (size_t i = 0; i < sizeof variables / sizeof *variables; i++)
		*(const char **)((char *)r + variables[i].offset) =
		        variable_value(variables[i].name);
	r->netns_override = strcmp(override, "1") == 0 || strcasecmp(override, "TRUE") == 0;
}

static int environment_check(const struct request *r, unsigned needs, struct failure *f)
{
	char missing[128] = "";
	size_t used = 0;

	for (size_t i = 0; i < sizeof variables / sizeof *variables; i++) {
		const struct variable *v = &variables[i];
		const char *value = *(const char *const *)((const char *)r + v->offset);
		if (!(needs & v->bit))
			continue;
		if (!*value)
			used += (size_t)snprintf(missing + used, sizeof missing - used, "%s%s",
			                         used ? "," : "", v->name);
		else if (v->check && v->check(value, f) < 0)
			return -1;
	}
	if (used)
		return fail(f, CNI_ENV, "", "required env variables [%s] missing", missing);
	return 0;
}

static int text_read(struct request *r, struct failure *f)
{
	if (file_read_all(STDIN_FILENO, REQUEST_MAX, &r->text, &r->length) == 0)
		return 0;
	if (errno == EFBIG)
		return fail(f, CNI_DECODE, "it has more than 16 MiB",
		            "the network configuration on stdin is too large");
	if (errno == ENOMEM)
		return fail(f, CNI_OTHER, "out of memory", "error reading from stdin");
	return fail(f, CNI_IO, errno_text(errno), "error reading from stdin");
}

static int name_read(struct request *r, struct failure *f)
{
	const cJSON *name = json_member(r->json, "name");

	if (name && !json_string(name))
		return fail(f, CNI_DECODE, "name is not a string",
		            "cannot decode the network configuration");
	if (!name || !*name->valuestring)
		return fail(f, CNI_CONFIG, "", "missing network name");
	if (!identifier_valid(name->valuestring))
		return fail(f, CNI_CONFIG, name->valuestring,
		            "invalid characters found in network name");
	r->name = name->valuestring;
	return 0;
}

static int config_decode(struct request *r, struct failure *f)
{
	r->json = json_parse(r->text, r->length, "the network configuration", f);
	if (!r->json)
		return -1;
	if (!cJSON_IsObject(r->json) && !cJSON_IsNull(r->json))
		return fail(f, CNI_DECODE, "it is not an object",
		            "cannot decode the network configuration");
	return name_read(r, f);
}

static int version_read(struct request *r, const struct cni_verb *verb, struct failure *f)
{
	const cJSON *node = json_member(r->json, "cniVersion");
	const char *text = node ? json_string(node) : "";
	bool at_least = true;
	char details[512];

	if (!text)
		return fail(f, CNI_DECODE, "cniVersion is not a string",
		            "cannot decode the network configuration");
	if (!*text)
		text = version_text(V0_1_0);
	/* Every version has ADD and DEL, so they need no comparison. A malformed version is then an
	 * unsupported one. */
	if (verb->since > V0_1_0 && !version_at_least(text, verb->since, &at_least))
		return fail(f, CNI_DECODE, text, "cniVersion is not a version");
	if (!at_least)
		return fail(f, CNI_VERSION, text, "config version does not allow %s", verb->name);
	if (version_find(text, &r->version))
		return 0;
	snprintf(details, sizeof details, "config is \"%.256s\", plugin supports %s", text,
	         version_list());
	return fail(f, CNI_VERSION, details, "incompatible CNI versions");
}

static const struct cni_verb *verb_find(const struct cni_verb *verbs, const char *name)
{
	for (; verbs->name; verbs++)
		if (strcmp(verbs->name, name) == 0)
			return verbs;
	return NULL;
}

int request_read(struct request *r, const struct cni_verb *verbs, const struct cni_verb **verb,
                 struct failure *f)
{
	const char *command = variable_value("CNI_COMMAND");

	*verb = verb_find(verbs, command);
	*r = (struct request){ .version = VERSION_LATEST, .began = clock_microseconds() };
	environment_read(r);
	if (environment_check(r, *verb ? (*verb)->needs : 0, f) < 0)
		return -1;
	if (!*command)
		return fail(f, CNI_ENV, "", "required env variables [CNI_COMMAND] missing");
	if (strcmp(command, "VERSION") == 0)
		return 0;
	if (text_read(r, f) < 0 || config_decode(r, f) < 0)
		return -1;
	if (!*verb)
		return fail(f, CNI_ENV, "", "unknown CNI_COMMAND: %s", command);
	return version_read(r, *verb, f);
}

int request_decode(struct request *r, struct failure *f)
{
	static const struct cni_verb any = { .since = V0_1_0 };

	return config_decode(r, f) < 0 ? -1 : version_read(r, &any, f);
}

int request_export(const struct request *r, struct failure *f)
{
	for (size_t i = 0; i < sizeof variables / sizeof *variables; i++) {
		const char *value = *(const char *const *)((const char *)r + variables[i].offset);
		if (setenv(variables[i].name, value, 1) < 0)
			return fail_errno(f, errno, "set %s", variables[i].name);
	}
	return 0;
}
