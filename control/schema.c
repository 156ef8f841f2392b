/* SPDX-License-Identifier: Apache-2.0 */
/* The verb schema: a JSON Schema of each configuration, made of the tables by which it is read. */
#include "base/json.h"
#include "control/verb.h"
#include "expose/device-plugin/dp_config.h"
#include "ipam/ipam_config.h"
#include "plugin/policy_keys.h"
#include "plugin/unknown.h"

#include <stdio.h>
#include <string.h>

static cJSON *object_schema(key_table *keys, key_table *more);

static void words_add(cJSON *schema, const struct key *key)
{
	cJSON *list = cJSON_AddArrayToObject(schema, "enum");

	for (const struct word *w = key->words; w->text; w++)
		cJSON_AddItemToArray(list, cJSON_CreateString(w->text));
	if (!key->strict)
		cJSON_AddItemToArray(list, cJSON_CreateString("")); /* counts as absent */
}

static void switch_add(cJSON *schema, const struct key *key)
{
	words_add(schema, key);
	cJSON *list = cJSON_GetObjectItem(schema, "enum");
	cJSON_AddItemToArray(list, cJSON_CreateBool(true));
	cJSON_AddItemToArray(list, cJSON_CreateBool(false));
}

static void integer_add(cJSON *schema, const struct key *key)
{
	cJSON_AddNumberToObject(schema, "minimum", key->min);
	cJSON_AddNumberToObject(schema, "maximum", key->max);
}

static void long_add(cJSON *schema, const struct key *key)
{
	(void)key;
	cJSON_AddNumberToObject(schema, "minimum", 0);
	cJSON_AddNumberToObject(schema, "maximum", KEY_LONG_MAX);
}

static void name_add(cJSON *schema, const struct key *key)
{
	cJSON_AddNumberToObject(schema, "maxLength", key->max);
}

static void mac_add(cJSON *schema, const struct key *key)
{
	char pattern[256];
	size_t n = (size_t)snprintf(pattern, sizeof pattern,
	                            "^(|[0-9A-Fa-f]{2}([:-][0-9A-Fa-f]{2}){5}"
	                            "|[0-9A-Fa-f]{4}([.][0-9A-Fa-f]{4}){2}");

	for (const struct word *w = key->words; w && w->text && n < sizeof pattern; w++)
		n += (size_t)snprintf(pattern + n, sizeof pattern - n, "|%s", w->text);
	if (n < sizeof pattern)
		snprintf(pattern + n, sizeof pattern - n, ")$");
	cJSON_AddStringToObject(schema, "pattern", pattern);
}

static cJSON *key_schema(const struct key *key);

static void list_add(cJSON *schema, const struct key *key)
{
	if (key->max)
		cJSON_AddNumberToObject(schema, "maxItems", key->max);
	if (key->member)
		cJSON_AddItemToObject(schema, "items", key_schema(key->member));
}

/* Nothing is said of a value that is not a list of such members. */
static void json_add(cJSON *schema, const struct key *key)
{
	if (!key->member)
		return;
	cJSON_AddStringToObject(schema, "type", "array");
	list_add(schema, key);
}

static const struct type_schema {
	const char *type;    /* NULL: more than one */
	const char *pattern; /* NULL: none for all keys of this type */
	void (*add)(cJSON *schema, const struct key *key);
} types[] = {
	[KEY_BOOL] = { .type = "boolean" },
	[KEY_UINT] = { "integer", NULL, integer_add },
	[KEY_LONG] = { "integer", NULL, long_add },
	[KEY_WORD] = { .add = words_add },
	[KEY_SWITCH] = { .add = switch_add },
	[KEY_OCTAL] = { "string", "^[0-7]{1,4}$", NULL },
	[KEY_MAC] = { "string", NULL, mac_add },
	[KEY_IFNAME] = { "string", "^[^/]*$", name_add },
	[KEY_PATH] = { "string", "^(/.*)?$", NULL },
	[KEY_TEXT] = { .type = "string" },
	[KEY_IP] = { "string", "^([0-9A-Fa-f:.]+)?$", NULL },
	[KEY_CIDR] = { "string", "^[0-9A-Fa-f:.]+/[0-9]{1,3}$", NULL },
	[KEY_OBJECT] = { .type = "object" },
	[KEY_LIST] = { "array", NULL, list_add },
	[KEY_JSON] = { .add = json_add },
};

static cJSON *key_schema(const struct key *key)
{
	const struct type_schema *t = &types[key->type];

	if (key->type == KEY_OBJECT && key->members)
		return object_schema(key->members, NULL);
	cJSON *schema = cJSON_CreateObject();
	if (key->wanted)
		cJSON_AddStringToObject(schema, "description", key->wanted);
	if (t->type)
		cJSON_AddStringToObject(schema, "type", t->type);
	if (t->pattern)
		cJSON_AddStringToObject(schema, "pattern", t->pattern);
	if (t->add)
		t->add(schema, key);
	return schema;
}

static void properties_add(cJSON *schema, key_table *keys)
{
	cJSON *properties = cJSON_GetObjectItem(schema, "properties");
	const struct key *key;

	for (size_t i = 0; keys && (key = keys(i)); i++) {
		cJSON_AddItemToObject(properties, key->name, key_schema(key));
		if (!key->required)
			continue;
		cJSON *required = cJSON_GetObjectItem(schema, "required");
		if (!required)
			required = cJSON_AddArrayToObject(schema, "required");
		cJSON_AddItemToArray(required, cJSON_CreateString(key->name));
	}
}

/* A key that no table has is an error here: it has no effect, so it is mostly misspelled. */
static cJSON *object_schema(key_table *keys, key_table *more)
{
	cJSON *schema = cJSON_CreateObject();

	cJSON_AddStringToObject(schema, "type", "object");
	cJSON_AddObjectToObject(schema, "properties");
	properties_add(schema, keys);
	properties_add(schema, more);
	cJSON_AddFalseToObject(schema, "additionalProperties");
	return schema;
}

/* `ipam` is podtap-ipam's where it names that plugin, and otherwise its plugin's. */
static cJSON *config_schema(void)
{
	cJSON *schema = object_schema(config_key, standard_key);
	cJSON *properties = cJSON_GetObjectItem(schema, "properties");
	cJSON *ipam = cJSON_CreateObject(), *type = cJSON_CreateObject();

	cJSON_AddStringToObject(
	        cJSON_AddObjectToObject(cJSON_AddObjectToObject(type, "properties"), "type"),
	        "const", "podtap-ipam");
	cJSON_AddItemToArray(cJSON_AddArrayToObject(type, "required"), cJSON_CreateString("type"));
	cJSON_AddStringToObject(ipam, "type", "object");
	cJSON_AddItemToObject(ipam, "if", type);
	cJSON_AddItemToObject(ipam, "then", object_schema(ipam_key, standard_ipam_key));
	cJSON_ReplaceItemInObject(properties, "ipam", ipam);
	return schema;
}

static cJSON *ipam_schema(void)
{
	return object_schema(ipam_key, standard_ipam_key);
}

static cJSON *policy_schema(void)
{
	return object_schema(policy_key, NULL);
}

/* A list alone is the resources of the default namespace. */
static cJSON *device_plugin_schema(void)
{
	cJSON *schema = cJSON_CreateObject(), *forms = cJSON_AddArrayToObject(schema, "anyOf");
	cJSON *object = object_schema(dp_document_key, NULL);
	const cJSON *list =
	        cJSON_GetObjectItem(cJSON_GetObjectItem(object, "properties"), "resources");

	cJSON_AddItemToArray(forms, object);
	cJSON_AddItemToArray(forms, cJSON_Duplicate(list, true));
	return schema;
}

static const struct {
	const char *name;
	const char *title;
	cJSON *(*make)(void);
} schemas[] = {
	{ "podtap", "network configuration of podtap", config_schema },
	{ "podtap-ipam", "the object ipam of podtap-ipam", ipam_schema },
	{ "policy", "policy of podtap", policy_schema },
	{ "device-plugin", "configuration of podtap-device-plugin", device_plugin_schema },
};

static int schema_print(size_t place, struct failure *f)
{
	OWNED(json_release) cJSON *schema = schemas[place].make();

	cJSON_AddStringToObject(schema, "$schema", "https://json-schema.org/draft/2020-12/schema");
	cJSON_AddStringToObject(schema, "title", schemas[place].title);
	OWNED(text_release) char *text = cJSON_Print(schema);
	if (!text)
		return fail(f, CNI_OTHER, "out of memory", "make the schema");
	puts(text);
	return 0;
}

static int schema(const struct call *call, struct failure *f)
{
	char wanted[96] = "it must be one of";

	for (size_t i = 0; i < sizeof schemas / sizeof *schemas; i++) {
		if (strcmp(call->argument[0], schemas[i].name) == 0)
			return schema_print(i, f);
		word_add(wanted, sizeof wanted, i ? ", " : ": ", schemas[i].name);
	}
	return fail(f, CNI_OTHER, wanted, "schema %s", call->argument[0]);
}

const struct verb verb_schema = {
	.name = "schema",
	.summary = "a JSON Schema of a configuration",
	.cli = { .program = "podtapctl schema",
	         .synopsis = "podtap|podtap-ipam|policy|device-plugin",
	         .about = "Prints the JSON Schema of a configuration, for an editor or a "
	                  "pipeline.\n\n"
	                  "  podtapctl schema podtap >podtap.schema.json\n" },
	.fewest = 1,
	.most = 1,
	.arguments = "the name of a configuration",
	.run = schema,
};
