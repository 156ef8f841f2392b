/* SPDX-License-Identifier: Apache-2.0 */
/* Taking network configurations out of a file. */
#include "control/documents.h"

#include "base/json.h"
#include "base/yaml.h"
#include "control/network_file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { LABEL_TEXT = 512 };

/* Multus gives a configuration without a name the name of its definition. */
static bool name_default(cJSON *config, const char *name)
{
	return !cJSON_IsObject(config) || json_member(config, "name") ||
	       cJSON_AddStringToObject(config, "name", name);
}

struct reading {
	const char *path;
	const struct documents_visit *visit;
	struct failure *failure;
	size_t networks; /* that were found */
};

static int definition_visit(const cJSON *definition, struct reading *r)
{
	const char *name = json_string(json_member(json_member(definition, "metadata"), "name"));
	const cJSON *spelled = json_member(json_member(definition, "spec"), "config");
	const char *text = json_string(spelled);
	char label[LABEL_TEXT];
	struct failure why = { 0 };

	r->networks++;
	snprintf(label, sizeof label, "%.256s (%.128s)", r->path, name ? name : "without a name");
	if (spelled && !text && !cJSON_IsNull(spelled))
		return fail(r->failure, CNI_DECODE,
		            "it must be a text, which is the JSON: write it after `config: |`",
		            "%s: spec.config", label);
	if (!text || !*text) {
		r->visit->on_reference(label, r->visit->data);
		return 0;
	}
	OWNED(json_release) cJSON *config = json_parse(text, strlen(text), "spec.config", &why);
	if (!config)
		return fail(r->failure, why.code, why.details, "%s: %s", label, why.msg);
	if (!name_default(config, name ? name : ""))
		return fail_errno(r->failure, ENOMEM, "read %s", label);
	return r->visit->on_document(json_take(&config), label, r->visit->data);
}

static bool is_kind(const cJSON *json, const char *kind)
{
	const char *text = json_string(json_member(json, "kind"));

	return text && strcmp(text, kind) == 0;
}

/* Takes the document over. */
static int document_visit(cJSON *taken, bool yaml, struct reading *r)
{
	OWNED(json_release) cJSON *json = taken;
	const cJSON *item;

	if (is_kind(json, "NetworkAttachmentDefinition"))
		return definition_visit(json, r);
	if (!is_kind(json, "List") && !is_kind(json, "NetworkAttachmentDefinitionList")) {
		r->networks += !yaml;
		return yaml ? 0 : r->visit->on_document(json_take(&json), r->path, r->visit->data);
	}
	cJSON_ArrayForEach(item, json_member(json, "items"))
	{
		if (is_kind(item, "NetworkAttachmentDefinition") && definition_visit(item, r) < 0)
			return -1;
	}
	return 0;
}

/* Returns the length of the first document of a text: up to a line that is --- alone, or begins
 * with it and a blank. */
static size_t document_length(const char *text, size_t length)
{
	const char *at = text, *end = text + length;

	while ((at = memmem(at, (size_t)(end - at), "\n---", 4))) {
		at += 4;
		if (at == end || strchr(" \t\r\n", *at))
			return (size_t)(at - 3 - text);
	}
	return length;
}

/* Whether a text names the kind outside a comment. Documents of other kinds need not be in the part
 * of YAML that yaml_parse() understands. */
static bool is_definition(const char *text, size_t length)
{
	static const char kind[] = "NetworkAttachmentDefinition";
	const char *end = text + length;

	for (const char *line = text, *next; line < end; line = next) {
		const char *stop = memchr(line, '\n', (size_t)(end - line));
		next = stop ? stop + 1 : end;
		while (line < next && (*line == ' ' || *line == '\t'))
			line++;
		if (line < next && *line != '#' &&
		    memmem(line, (size_t)(next - line), kind, sizeof kind - 1))
			return true;
	}
	return false;
}

/* Visits the documents of YAML. */
static int yaml_visit(const char *text, size_t length, struct reading *r)
{
	const size_t whole = length;
	char what[LABEL_TEXT];
	size_t number = 1;

	for (size_t n; length > 0; text += n, length -= n, number++) {
		n = document_length(text, length);
		if (!is_definition(text, n))
			continue;
		snprintf(what, sizeof what, n == whole ? "%.256s" : "%.256s, document %zu", r->path,
		         number);
		cJSON *json = yaml_parse(text, n, what, r->failure);
		if (!json || document_visit(json, true, r) < 0)
			return -1;
	}
	return 0;
}

/* Whether a text has a key of a configuration at the start of a line. */
static bool is_plain_yaml(const char *text)
{
	static const char *const keys[] = { "type:", "plugins:", "cniVersion:" };

	for (; text; text = strchr(text, '\n')) {
		text += *text == '\n';
		for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
			if (strncmp(text, keys[i], strlen(keys[i])) == 0)
				return true;
	}
	return false;
}

/* Nobody takes a file for valid in which nothing was found. */
static int nothing_found(const char *text, const char *path, struct failure *f)
{
	const char *why = "a configuration or list of a runtime is a JSON object with type or "
	                  "plugins; NetworkAttachmentDefinitions may be YAML";

	if (*text == '[')
		why = "it is a list: a file has one network, and its plugins are the list plugins "
		      "of an object";
	else if (is_plain_yaml(text))
		why = "runtimes read configurations as JSON alone; only "
		      "NetworkAttachmentDefinitions may be YAML";
	return fail(f, CNI_DECODE, why, "%.256s has no network", path);
}

static bool is_yaml(const char *text, size_t length)
{
	struct failure ignored = { 0 };
	OWNED(json_release)
	cJSON *json = is_definition(text, length)
	                      ? yaml_parse(text, document_length(text, length), "", &ignored)
	                      : NULL;

	return json;
}

/* An object may be YAML, too, which is not JSON. */
static int object_visit(const char *text, size_t length, struct reading *r)
{
	struct failure no_json = { 0 };
	cJSON *json = json_parse(text, length, r->path, &no_json);

	if (json)
		return document_visit(json, false, r);
	return is_yaml(text, length) ? yaml_visit(text, length, r)
	                             : failure_pass(r->failure, &no_json);
}

int documents_each(const char *path, const struct documents_visit *v, struct failure *f)
{
	static const char mark[] = "\xef\xbb\xbf";
	struct reading r = { .path = path, .visit = v, .failure = f };
	size_t length;
	OWNED(text_release) char *text = network_file_text(path, &length, f);

	if (!text)
		return -1;
	const bool marked = strncmp(text, mark, sizeof mark - 1) == 0;
	const char *start = text + (marked ? sizeof mark - 1 : 0);
	start += strspn(start, " \t\r\n");
	length -= (size_t)(start - text);
	if (*start == '{' && marked)
		return fail(f, CNI_DECODE,
		            "it begins with a byte order mark, which runtimes refuse: remove it",
		            "%.256s", path);
	if ((*start == '{' ? object_visit : yaml_visit)(start, length, &r) < 0)
		return -1;
	return r.networks ? 0 : nothing_found(start, path, f);
}
