/* SPDX-License-Identifier: Apache-2.0 */
/* Finding the places for devices in a config.json, and the text to insert there. */
#include "expose/hook/splice.h"

#include "base/json.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>

static const char what[] = "the container's configuration";

void splice_release(struct splice *s)
{
	for (size_t i = 0; i < s->n; i++)
		text_release(&s->insertion[i].text);
	s->n = 0;
}

static int unclear(struct failure *f, const char *name, const char *details)
{
	return fail(f, CNI_DECODE, details, "%s of %s", name, what);
}

/* Returns the member that all JSON readers would find, NULL if no reader would. Some readers use
 * the last of equal names and match case; Go ignores case and merges objects. Fails if they would
 * differ. */
static const cJSON *member(const cJSON *object, const char *name, struct failure *f)
{
	const cJSON *found = NULL, *item;

	json_each_member(item, object)
	{
		if (!json_name_is(item->string, name))
			continue;
		if (strcmp(item->string, name) != 0) {
			unclear(f, name, "it is spelled in another letter case too");
			return NULL;
		}
		if (found && cJSON_IsObject(found) && found->child) {
			unclear(f, name, "it is there more than once");
			return NULL;
		}
		found = item;
	}
	return found;
}

static const cJSON *member_of_type(const cJSON *object, const char *name,
                                   cJSON_bool (*is_type)(const cJSON *), struct failure *f)
{
	const cJSON *found = member(object, name, f);

	if (!found || cJSON_IsNull(found))
		return NULL;
	if (!is_type(found)) {
		unclear(f, name, "it is of another type");
		return NULL;
	}
	return found;
}

char *splice_netns(const char *text, size_t length, struct failure *f)
{
	struct json_span linux_, list;
	const cJSON *item;
	const char *path = NULL;

	/* For most containers this list is enough: the rest is not decoded. */
	if (!json_find(text, json_document(text, length), "linux", &linux_) ||
	    !json_find(text, linux_, "namespaces", &list))
		return NULL;
	OWNED(json_release) cJSON *namespaces = json_parse(text + list.at, list.length, what, f);
	cJSON_ArrayForEach(item, namespaces)
	{
		const char *type = json_string(json_member(item, "type"));
		if (!type || strcmp(type, "network") != 0)
			continue;
		if (path) {
			unclear(f, "linux.namespaces", "it has two of type network");
			return NULL;
		}
		path = json_string(json_member(item, "path"));
		path = path ? path : "";
	}
	if (!path || !*path)
		return NULL;
	char *taken = strdup(path);
	if (!taken)
		fail_errno(f, ENOMEM, "read %s", what);
	return taken;
}

/* What the configuration holds at a device's path. */
enum present { ABSENT, SAME, OTHER };

static enum present device_present(const cJSON *devices, const struct device *d)
{
	const cJSON *item;
	enum present present = ABSENT;
	int64_t major_number, minor_number;

	cJSON_ArrayForEach(item, devices)
	{
		const char *path = json_string(json_member(item, "path"));
		if (!path || strcmp(path, d->path) != 0)
			continue;
		if (!json_integer(json_member(item, "major"), &major_number) ||
		    !json_integer(json_member(item, "minor"), &minor_number) ||
		    major_number != major(d->number) || minor_number != minor(d->number))
			return OTHER;
		present = SAME;
	}
	return present;
}

/* The elements to add to the two lists, without brackets. */
struct additions {
	const struct device *devices;
	size_t n;
	const cJSON *present; /* linux.devices */
};

static char *nodes_text(const struct additions *a, struct failure *f)
{
	OWNED(text_release) char *text = calloc(a->n + 1, DEVICE_TEXT_MAX);
	char members[DEVICE_TEXT_MAX];
	size_t used = 0;

	if (!text) {
		fail_errno(f, ENOMEM, "add to %s", what);
		return NULL;
	}
	for (size_t i = 0; i < a->n; i++) {
		const enum present present = device_present(a->present, &a->devices[i]);
		if (present == OTHER) {
			unclear(f, a->devices[i].path, "it is another device there");
			return NULL;
		}
		if (present == SAME)
			continue;
		device_text(&a->devices[i], members, sizeof members);
		used += (size_t)snprintf(text + used, DEVICE_TEXT_MAX, "%s{%s}", used ? "," : "",
		                         members);
	}
	char *taken = text;
	text = NULL;
	return taken;
}

static char *rules_text(const struct additions *a, struct failure *f)
{
	char *text = calloc(a->n + 1, DEVICE_TEXT_MAX);
	size_t used = 0;

	if (!text)
		fail_errno(f, ENOMEM, "add to %s", what);
	for (size_t i = 0; text && i < a->n; i++)
		used += (size_t)snprintf(text + used, DEVICE_TEXT_MAX,
		                         "%s{\"allow\":true,\"type\":\"c\",\"major\":%u,"
		                         "\"minor\":%u,\"access\":\"rw\"}",
		                         used ? "," : "", major(a->devices[i].number),
		                         minor(a->devices[i].number));
	return text;
}

static bool is_empty(const char *text, struct json_span brackets)
{
	size_t at = brackets.at + 1;

	while (strchr(" \t\r\n", text[at]))
		at++;
	return at == brackets.at + brackets.length - 1;
}

/* The place of an insertion, and the text around its elements. */
struct place {
	size_t at;
	size_t skip;
	const char *before;
	const char *after;
};

static int insertion_add(struct splice *s, const struct place *p, const char *elements,
                         struct failure *f)
{
	char *text;

	if (!*elements)
		return 0;
	if (asprintf(&text, "%s%s%s", p->before, elements, p->after) < 0)
		return fail_errno(f, ENOMEM, "add to %s", what);
	s->insertion[s->n++] = (struct insertion){ p->at, p->skip, text };
	return 0;
}

/* Finds the place for new elements of a list in an object: at the list's end; instead of null; or
 * at the object's end, as a new member. */
static struct place place_find(const char *text, struct json_span object, const char *name,
                               const char *const fresh[2], const char *const instead[2])
{
	struct json_span value;
	struct place p = { object.at + object.length - 1, 0, fresh[is_empty(text, object)],
		           instead[1] };

	if (!json_find(text, object, name, &value))
		return p;
	if (text[value.at] == 'n')
		return (struct place){ value.at, value.length, instead[0], instead[1] };
	p.at = value.at + value.length - 1;
	p.before = is_empty(text, value) ? "" : ",";
	p.after = "";
	return p;
}

static struct place nodes_place(const char *text, struct json_span linux_)
{
	static const char *const fresh[] = { ",\"devices\":[", "\"devices\":[" };
	static const char *const instead[] = { "[", "]" };

	return place_find(text, linux_, "devices", fresh, instead);
}

static struct place rules_place(const char *text, struct json_span linux_)
{
	static const char *const list[] = { ",\"devices\":[", "\"devices\":[" };
	static const char *const list_instead[] = { "[", "]" };
	static const char *const object[] = { ",\"resources\":{\"devices\":[",
		                              "\"resources\":{\"devices\":[" };
	static const char *const object_instead[] = { "{\"devices\":[", "]}" };
	struct json_span resources;

	if (json_find(text, linux_, "resources", &resources) && text[resources.at] == '{')
		return place_find(text, resources, "devices", list, list_instead);
	return place_find(text, linux_, "resources", object, object_instead);
}

static void swap(struct insertion *a, struct insertion *b)
{
	const struct insertion kept = *a;
	*a = *b;
	*b = kept;
}

/* Checks by the tree that all readers agree. The places are found in the text later. */
static int additions_check(const cJSON *json, struct additions *a, struct failure *f)
{
	const cJSON *linux_ = member_of_type(json, "linux", cJSON_IsObject, f);
	const cJSON *resources = member_of_type(linux_, "resources", cJSON_IsObject, f);

	a->present = member_of_type(linux_, "devices", cJSON_IsArray, f);
	member_of_type(linux_, "namespaces", cJSON_IsArray, f);
	member_of_type(resources, "devices", cJSON_IsArray, f);
	if (!linux_)
		unclear(f, "linux", "it is missing");
	return f->code ? -1 : 0;
}

int splice_devices(const char *text, size_t length, const struct device *devices, size_t n,
                   struct splice *s, struct failure *f)
{
	OWNED(json_release) cJSON *json = json_parse(text, length, what, f);
	struct additions a = { .devices = devices, .n = n };
	struct json_span linux_;

	s->n = 0;
	if (!json || additions_check(json, &a, f) < 0 ||
	    !json_find(text, json_document(text, length), "linux", &linux_))
		return -1;
	OWNED(text_release) char *nodes = nodes_text(&a, f);
	OWNED(text_release) char *rules = rules_text(&a, f);
	const struct place first = nodes_place(text, linux_);
	struct place second = rules_place(text, linux_);

	if (!nodes || !rules || insertion_add(s, &first, nodes, f) < 0)
		return -1;
	if (s->n && second.at == first.at && *second.before != ',')
		second.before = ",\"resources\":{\"devices\":["; /* both into an empty object */
	if (insertion_add(s, &second, rules, f) < 0)
		return -1;
	if (s->n == 2 && s->insertion[1].at < s->insertion[0].at)
		swap(&s->insertion[0], &s->insertion[1]);
	return 0;
}
