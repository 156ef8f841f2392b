/* SPDX-License-Identifier: Apache-2.0 */
/* The JSON of an AddressBinding. */
#include "expose/addresses/binding.h"

#include "base/keys.h"

#include <stdio.h>
#include <string.h>

struct spelled {
	const char *space, *name, *ifname;
	struct address_binding *binding;
};

#define FIELD(member) .offset = offsetof(struct spelled, member)
static const struct key spelled_keys[] = {
	{ "namespace", KEY_TEXT, FIELD(space), .required = true },
	{ "name", KEY_TEXT, FIELD(name), .required = true },
	{ "interface", KEY_TEXT, FIELD(ifname) },
};
#undef FIELD
#define FIELD(member) .offset = offsetof(struct address_binding, member)
static const struct key binding_keys[] = {
	{ "kind", KEY_WORD, FIELD(owner.kind), .words = owner_kinds, .required = true },
	{ "set", KEY_UINT, FIELD(set), .max = POOL_SETS_MAX - 1 },
	{ "address", KEY_IP, FIELD(ip), .required = true },
};
#undef FIELD

static bool text_copy(char *to, size_t size, const char *from)
{
	return snprintf(to, size, "%s", from ? from : "") < (int)size;
}

static int spec_read(struct address_binding *b, const cJSON *json, struct failure *f)
{
	const struct key_scope spec = { json, "spec", f };
	struct spelled s = { .binding = b };

	if (keys_read(binding_keys, sizeof binding_keys / sizeof *binding_keys, &spec, b) < 0 ||
	    keys_read(spelled_keys, sizeof spelled_keys / sizeof *spelled_keys, &spec, &s) < 0)
		return -1;
	if (text_copy(b->owner.space, sizeof b->owner.space, s.space) &&
	    text_copy(b->owner.name, sizeof b->owner.name, s.name) &&
	    text_copy(b->owner.ifname, sizeof b->owner.ifname, s.ifname))
		return 0;
	return fail(f, CNI_CONFIG, "it is too long", "the owner %.300s", s.name);
}

int binding_read(struct address_binding *b, const cJSON *object, struct failure *f)
{
	const cJSON *metadata = json_member(object, "metadata");
	const char *name = json_string(json_member(metadata, "name"));
	const char *dot = name ? strchr(name, '.') : NULL;
	const size_t length = dot ? (size_t)(dot - name) : 0;
	struct failure cause = { 0 };

	if (length == 0 || length >= POOL_NAME || !binding_number_parse(dot + 1, &b->number))
		return fail(f, CNI_CONFIG, "it must be <pool>.<number>",
		            "the AddressBinding's name \"%.120s\"", name ? name : "");
	memcpy(b->pool, name, length);
	b->pool[length] = '\0';
	text_copy(b->version, sizeof b->version,
	          json_string(json_member(metadata, "resourceVersion")));
	if (spec_read(b, json_member(object, "spec"), &cause) == 0)
		return 0;
	return fail(f, CNI_CONFIG, cause.details, "AddressBinding %s: %s", name, cause.msg);
}

cJSON *binding_json(const struct address_binding *b)
{
	OWNED(json_release) cJSON *object = cJSON_CreateObject();
	cJSON *metadata = cJSON_AddObjectToObject(object, "metadata");
	cJSON *spec = cJSON_AddObjectToObject(object, "spec");
	char text[BINDING_NAME], ip[IP_TEXT];

	cJSON_AddStringToObject(object, "apiVersion", OBJECTS_API);
	cJSON_AddStringToObject(object, "kind", "AddressBinding");
	cJSON_AddStringToObject(metadata, "name", binding_name(b->pool, b->number, text));
	cJSON_AddStringToObject(spec, "pool", b->pool);
	cJSON_AddStringToObject(spec, "kind", word_text(owner_kinds, b->owner.kind));
	cJSON_AddStringToObject(spec, "namespace", b->owner.space);
	cJSON_AddStringToObject(spec, "name", b->owner.name);
	cJSON_AddStringToObject(spec, "interface", b->owner.ifname);
	cJSON_AddNumberToObject(spec, "set", b->set);
	cJSON_AddStringToObject(spec, "address", ip_format(&b->ip, ip));
	return cJSON_GetArraySize(spec) == 7 && cJSON_GetArraySize(object) == 4 ? json_take(&object)
	                                                                        : NULL;
}
