/* SPDX-License-Identifier: Apache-2.0 */
/* Reading the device plugin's configuration, strictly: what is not understood is refused. */
#include "expose/device-plugin/dp_config.h"

#include "base/keys.h"
#include "netns/link.h"
#include "record/resources.h"

#include <linux/if_link.h>
#include <stdio.h>
#include <string.h>

enum { CAPACITY_DEFAULT = 100 };
static const char name_space_default[] = "macvtap.network.kubevirt.io";

/* An entry as it is spelled: "" or 0 where it says nothing. */
struct spelled {
	const char *name;
	struct dp_entry entry;
};
#define FIELD(member) .offset = offsetof(struct spelled, member)
static const struct key entry_keys[] = {
	{ "name", KEY_TEXT, FIELD(name) },
	{ "lowerDevice", KEY_IFNAME, FIELD(entry.lower), .max = MASTER_TEXT - 1 },
	{ "mode", KEY_WORD, FIELD(entry.mode), .words = link_modes },
	{ "capacity", KEY_UINT, FIELD(entry.capacity), .max = DP_CAPACITY_MAX },
};
#undef FIELD
enum { ENTRY_KEYS = sizeof entry_keys / sizeof *entry_keys };

const struct key *dp_entry_key(size_t place)
{
	return place < ENTRY_KEYS ? &entry_keys[place] : NULL;
}

/* Of the document. A list alone is its resources. */
struct document {
	const char *name_space;
	const cJSON *resources;
};
#define FIELD(member) .offset = offsetof(struct document, member)
static const char name_space_wanted[] = "it must be a DNS name in lower case, short enough for a "
                                        "quota, and not Kubernetes' own";
static const struct key entry_member = { "", KEY_OBJECT, .members = dp_entry_key };
static const struct key document_keys[] = {
	{ "resourceNamespace", KEY_TEXT, FIELD(name_space), .wanted = name_space_wanted,
	  .strict = true },
	{ "resources", KEY_JSON, FIELD(resources), .max = DP_ENTRIES_MAX, .member = &entry_member },
};
enum { DOCUMENT_KEYS = sizeof document_keys / sizeof *document_keys };

const struct key *dp_document_key(size_t place)
{
	return place < DOCUMENT_KEYS ? &document_keys[place] : NULL;
}

static const struct key *key_find(const struct key *keys, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (json_name_is(name, keys[i].name))
			return &keys[i];
	return NULL;
}

/* Every member of an object is one of these keys. */
static int keys_check(const cJSON *object, const struct key *keys, size_t n, struct failure *f)
{
	const cJSON *member;

	json_each_member(member, object)
	{
		if (!key_find(keys, n, member->string))
			return fail(f, CNI_CONFIG, "there is no such key",
			            "configuration key %.64s", member->string);
	}
	return 0;
}

static bool is_alphanumeric(char byte)
{
	return (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') ||
	       (byte >= 'A' && byte <= 'Z');
}

static bool is_name(const char *text)
{
	return resource_name_valid(text, strlen(text));
}

/* Kubernetes' rule for the part of a resource's name before the slash: a DNS name in lower case,
 * with room for what quotas put before it, and none that Kubernetes keeps for itself. */
static bool is_name_space(const char *text)
{
	static const char quota[] = "requests.", native[] = "kubernetes.io";
	const size_t length = strlen(text), end = sizeof native - 1;
	char before = '.';

	if (length > 253 - (sizeof quota - 1) || strncmp(text, quota, sizeof quota - 1) == 0 ||
	    (length >= end && strcmp(text + length - end, native) == 0))
		return false;
	for (; *text; before = *text++) {
		const bool plain = is_alphanumeric(*text) && !(*text >= 'A' && *text <= 'Z');
		if (!plain && *text != '-' && *text != '.')
			return false;
		if (!plain && (before == '.' || (before == '-' && *text == '.')))
			return false;
	}
	return before != '.' && before != '-';
}

static int capacity_check(struct dp_entry *e, struct failure *f)
{
	const bool passthru = e->mode == MACVLAN_MODE_PASSTHRU;

	if (passthru && e->capacity > 1)
		return fail(f, CNI_CONFIG, "mode passthru serves one endpoint",
		            "configuration key capacity is %u", e->capacity);
	if (e->capacity == 0)
		e->capacity = passthru ? 1 : CAPACITY_DEFAULT;
	return 0;
}

static int entry_decode(const cJSON *json, struct spelled *s, struct failure *f)
{
	const struct key_scope scope = { json, "", f };

	*s = (struct spelled){ .entry.mode = MACVLAN_MODE_BRIDGE };
	if (!cJSON_IsObject(json))
		return fail(f, CNI_CONFIG, "it must be an object", "the entry");
	if (keys_check(json, entry_keys, ENTRY_KEYS, f) < 0)
		return -1;
	if (keys_read(entry_keys, ENTRY_KEYS, &scope, s) < 0)
		return -1;
	if (!s->name || !is_name(s->name))
		return fail(f, CNI_CONFIG,
		            "it must be 1 to 63 letters, digits, -, _ and ., without a mark at its "
		            "ends",
		            "configuration key name is \"%.64s\"", s->name ? s->name : "");
	memcpy(s->entry.name, s->name, strlen(s->name) + 1);
	if (!s->entry.lower[0])
		return fail(f, CNI_CONFIG, "it names the interface to make endpoints on",
		            "configuration key lowerDevice is missing");
	return capacity_check(&s->entry, f);
}

static int entry_read(struct dp_config *c, const cJSON *json, size_t number, struct failure *f)
{
	struct failure why = { 0 };
	struct spelled s;
	const char *name = json_string(json_member(json, "name"));
	int read = entry_decode(json, &s, &why);

	for (size_t i = 0; read == 0 && i < c->n; i++)
		if (strcmp(c->entries[i].name, s.entry.name) == 0)
			read = fail(&why, CNI_CONFIG, "another entry has it", "its name");
	if (read < 0)
		return fail(f, why.code, why.details, "entry %zu, \"%.64s\": %s", number,
		            name ? name : "", why.msg);
	c->entries[c->n++] = s.entry;
	return 0;
}

static int entries_read(struct dp_config *c, const cJSON *list, struct failure *f)
{
	const cJSON *item;
	size_t number = 0;

	if (!cJSON_IsArray(list))
		return fail(f, CNI_CONFIG,
		            "it must be a list; [] is every physical interface and bond",
		            "the configuration's resources");
	if (cJSON_GetArraySize(list) > DP_ENTRIES_MAX)
		return fail(f, CNI_CONFIG, "256 are the most", "the configuration's resources");
	c->entries = calloc(DP_ENTRIES_MAX, sizeof *c->entries);
	if (!c->entries)
		return fail_errno(f, ENOMEM, "read the configuration");
	cJSON_ArrayForEach(item, list)
	{
		if (entry_read(c, item, ++number, f) < 0)
			return -1;
	}
	return 0;
}

static int document_read(struct dp_config *c, const cJSON *json, struct failure *f)
{
	const struct key_scope scope = { json, "", f };
	struct document d = { .name_space = name_space_default };

	if (cJSON_IsArray(json))
		return entries_read(c, json, f);
	if (!cJSON_IsObject(json))
		return fail(f, CNI_CONFIG, "it must be a list or an object", "the configuration");
	if (keys_check(json, document_keys, DOCUMENT_KEYS, f) < 0 ||
	    keys_read(document_keys, DOCUMENT_KEYS, &scope, &d) < 0)
		return -1;
	if (!is_name_space(d.name_space))
		return fail(f, CNI_CONFIG, name_space_wanted,
		            "configuration key resourceNamespace is \"%.64s\"", d.name_space);
	memcpy(c->name_space, d.name_space, strlen(d.name_space) + 1);
	return entries_read(c, d.resources, f);
}

int dp_config_read(struct dp_config *c, const char *text, size_t length, struct failure *f)
{
	OWNED(json_release) cJSON *json = json_parse(text, length, "the configuration", f);

	*c = (struct dp_config){ .entries = NULL };
	memcpy(c->name_space, name_space_default, sizeof name_space_default);
	if (!json)
		return -1;
	if (document_read(c, json, f) == 0)
		return 0;
	dp_config_release(c);
	return -1;
}

bool dp_entry_of_link(const char *name, struct dp_entry *entry)
{
	*entry = (struct dp_entry){ .mode = MACVLAN_MODE_BRIDGE, .capacity = CAPACITY_DEFAULT };
	if (!is_name(name))
		return false;
	snprintf(entry->name, sizeof entry->name, "%s", name);
	snprintf(entry->lower, sizeof entry->lower, "%s", name);
	return true;
}
