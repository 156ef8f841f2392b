/* SPDX-License-Identifier: Apache-2.0 */
/* Reading whereabouts' IPPool, and writing patches of it. */
#include "expose/addresses/ippool.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const char prefix[] = "podtap/";

enum { OFFSET_TEXT = 64 }; /* a longer one is no number of 64 bits, except with zeros before it */

const char *ippool_name(const char *network_name, const struct cidr *subnet,
                        char name[static IPPOOL_NAME])
{
	char text[CIDR_TEXT];

	snprintf(name, IPPOOL_NAME, "%.180s%s%s", network_name, *network_name ? "-" : "",
	         cidr_format(subnet, text));
	for (char *c = name + strlen(name) - strlen(text); *c; c++)
		if (*c == ':' || *c == '/')
			*c = '-';
	return name;
}

bool ippool_name_parse(const char *network_name, const char *name, struct cidr *subnet)
{
	const size_t before = *network_name ? strlen(network_name) + 1 : 0;
	char text[CIDR_TEXT], again[IPPOOL_NAME];

	if (strlen(name) <= before ||
	    snprintf(text, sizeof text, "%s", name + before) >= (int)sizeof text)
		return false;
	for (char *c = text; *c; c++)
		*c = *c != '-' ? *c : strchr(c + 1, '-') ? ':' : '/';
	return cidr_parse(text, subnet) &&
	       strcmp(ippool_name(network_name, subnet, again), name) == 0;
}

/* Copies the part of an id up to the next '/', or to its end. Returns what follows, or NULL if the
 * part is empty or too long. */
static const char *part_copy(char *to, size_t size, const char *from)
{
	const size_t length = strcspn(from, "/");

	if (length == 0 || length >= size)
		return NULL;
	memcpy(to, from, length);
	to[length] = '\0';
	return from + length + (from[length] == '/');
}

/* Reads what one entry says. A podref that is too long is another's. */
static void entry_read(struct ippool_entry *e, const char *text, struct json_span value)
{
	char id[IPPOOL_ID];
	struct json_walk w = { .at = 0 };
	bool known = false;

	while (json_next_member(text, value, &w)) {
		if (json_text_is(text, w.name, "podref") &&
		    !json_text_copy(text, w.value, e->podref, sizeof e->podref))
			snprintf(e->podref, sizeof e->podref, "%s",
			         text[w.value.at] == '"' ? "?" : "");
		else if (json_text_is(text, w.name, "id"))
			known = json_text_copy(text, w.value, id, sizeof id);
	}
	if (*e->podref || !known || strncmp(id, prefix, sizeof prefix - 1) != 0)
		return;
	const char *rest = part_copy(e->pool, sizeof e->pool, id + sizeof prefix - 1);
	e->ours = rest && part_copy(e->uid, sizeof e->uid, rest);
}

/* Reads an offset as whereabouts does: what is no number of 64 bits counts as no entry. */
static bool offset_read(const char *text, number *offset)
{
	const char *digits = text + (*text == '+');
	char *end;

	if (!*digits || strspn(digits, "0123456789") != strlen(digits))
		return false;
	errno = 0;
	*offset = strtoull(digits, &end, 10);
	return errno == 0 && *offset <= INT64_MAX;
}

static bool text_find(const char *text, struct json_span object, const char *name, char *out,
                      size_t size)
{
	struct json_span value;

	return json_find(text, object, name, &value) && json_text_copy(text, value, out, size);
}

/* whereabouts counts offsets from the address that is written in the range. */
int ippool_read(struct ippool *p, size_t length, struct failure *f)
{
	const struct json_span document = json_document(p->text, length);
	struct json_span spec, metadata;
	char range[CIDR_TEXT] = "";

	if (json_find(p->text, document, "spec", &spec) &&
	    text_find(p->text, spec, "range", range, sizeof range) &&
	    cidr_parse(range, &p->subnet) &&
	    json_find(p->text, spec, "allocations", &p->allocations) &&
	    p->text[p->allocations.at] == '{' &&
	    json_find(p->text, document, "metadata", &metadata) &&
	    text_find(p->text, metadata, "resourceVersion", p->version, sizeof p->version))
		return 0;
	return fail(f, CNI_CONFIG, "it must have a network, allocations and a version",
	            "whereabouts' IPPool with the range \"%s\"", range);
}

void ippool_walk(const struct ippool *p, const struct ippool_visit *v)
{
	const struct span all = cidr_span(&p->subnet);
	struct json_walk w = { .at = 0 };
	char text[OFFSET_TEXT];
	number offset;

	while (json_next_member(p->text, p->allocations, &w)) {
		struct ippool_entry e = { .podref = "" };
		if (!json_text_copy(p->text, w.name, text, sizeof text) ||
		    !offset_read(text, &offset) || offset > all.last - all.first)
			continue;
		e.at = all.first + offset;
		entry_read(&e, p->text, w.value);
		v->visit(&e, v->data);
	}
}

struct part_visit {
	struct ippool_part *out;
	const char *pool;
	number first;
};

static void part_note(const struct ippool_entry *e, void *data)
{
	const struct part_visit *p = data;

	if (e->at < p->first || e->at - p->first >= BLOCK_SIZE)
		return;
	const size_t bit = (size_t)(e->at - p->first);
	if (!e->ours || strcmp(e->pool, p->pool) != 0) {
		p->out->holder[bit] = HOLDER_OTHER;
	} else if (p->out->holder[bit] == HOLDER_NOBODY) {
		p->out->holder[bit] = HOLDER_NODE;
		memcpy(p->out->uid[bit], e->uid, sizeof p->out->uid[bit]);
	}
}

void ippool_part(const struct ippool *p, const char *pool, const struct ip *first,
                 struct ippool_part *out)
{
	struct part_visit part = { out, pool, ip_number(first) };
	const struct ippool_visit v = { part_note, &part };

	memset(out, 0, sizeof *out);
	ippool_walk(p, &v);
}

static bool operation_add(cJSON *patch, const char *op, const char *path, cJSON *value, bool valued)
{
	cJSON *operation = cJSON_CreateObject();
	const bool made = cJSON_AddStringToObject(operation, "op", op) &&
	                  cJSON_AddStringToObject(operation, "path", path) &&
	                  (!valued || (value && cJSON_AddItemToObject(operation, "value", value)));

	if (made && cJSON_AddItemToArray(patch, operation))
		return true;
	cJSON_Delete(operation);
	return false;
}

cJSON *ippool_patch(const char *version)
{
	cJSON *patch = cJSON_CreateArray();

	if (operation_add(patch, "test", "/metadata/resourceVersion", cJSON_CreateString(version),
	                  true))
		return patch;
	cJSON_Delete(patch);
	return NULL;
}

enum { PATH_TEXT = 64 };
static const char *entry_path(const struct cidr *subnet, number at, char path[static PATH_TEXT])
{
	char text[NUMBER_TEXT];

	snprintf(path, PATH_TEXT, "/spec/allocations/%s",
	         number_format(at - cidr_span(subnet).first, text));
	return path;
}

bool ippool_patch_hold(cJSON *patch, const struct cidr *subnet, number at, bool present,
                       const char *id)
{
	char path[PATH_TEXT];
	cJSON *value = cJSON_CreateObject();

	if (cJSON_AddStringToObject(value, "id", id) &&
	    cJSON_AddStringToObject(value, "podref", ""))
		return operation_add(patch, present ? "replace" : "add",
		                     entry_path(subnet, at, path), value, true);
	cJSON_Delete(value);
	return false;
}

bool ippool_patch_drop(cJSON *patch, const struct cidr *subnet, number at)
{
	char path[PATH_TEXT];

	return operation_add(patch, "remove", entry_path(subnet, at, path), NULL, false);
}

cJSON *ippool_empty(const char *name, const struct cidr *subnet)
{
	OWNED(json_release) cJSON *object = cJSON_CreateObject();
	char text[CIDR_TEXT];

	cJSON_AddStringToObject(object, "apiVersion", "whereabouts.cni.cncf.io/v1alpha1");
	cJSON_AddStringToObject(object, "kind", "IPPool");
	cJSON_AddStringToObject(cJSON_AddObjectToObject(object, "metadata"), "name", name);
	cJSON *spec = cJSON_AddObjectToObject(object, "spec");
	cJSON_AddStringToObject(spec, "range", cidr_format(subnet, text));
	return cJSON_AddObjectToObject(spec, "allocations") ? json_take(&object) : NULL;
}
