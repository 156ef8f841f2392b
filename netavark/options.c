/* SPDX-License-Identifier: Apache-2.0 */
/* Converting options from text to the JSON of configuration keys. */
#include "netavark/options.h"

#include "base/json.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define FIELD(member) .offset = offsetof(struct options, member)
static const struct key own_keys[] = {
	{ "parent", KEY_IFNAME, FIELD(parent), .max = MASTER_TEXT - 1 },
	{ "metric", KEY_UINT, FIELD(metric), .max = UINT32_MAX },
	{ "no_default_route", KEY_BOOL, FIELD(no_default_route) },
};
#undef FIELD
enum { N_OWN = sizeof own_keys / sizeof *own_keys };

/* Names that are known, but no options. */
static const struct {
	const char *name;
	const char *why;
} refused[] = {
	{ "bclim", "podtap does not change the limit of a master's broadcasts, which all endpoints "
	           "on it share; option bcqueuelen sets the length of their queue" },
	{ "master", "the option is parent, or --interface-name" },
	{ "ipam", "--subnet, --gateway, --ip-range and --ipam-driver say it" },
	{ "dns", "--dns says it" },
	{ "strictStatus", "it is for STATUS, which netavark does not call" },
	{ "gcWithoutList", "it is for GC, which netavark does not call" },
};

/* The spellings of podman's own options. */
static const struct word bool_words[] = {
	{ "true", 1 },  { "1", 1 },     { "t", 1 },  { "T", 1 }, { "TRUE", 1 },
	{ "True", 1 },  { "false", 0 }, { "0", 0 },  { "f", 0 }, { "F", 0 },
	{ "FALSE", 0 }, { "False", 0 }, { NULL, 0 },
};

/* Returns the row at a place of all tables, or NULL after the last. */
static const struct key *key_at(size_t place)
{
	return place < N_OWN ? &own_keys[place] : config_key(place - N_OWN);
}

static const struct key *key_find(const char *name)
{
	const struct key *key;

	for (size_t place = 0; (key = key_at(place)); place++)
		if (strcmp(key->name, name) == 0)
			return key;
	return NULL;
}

static const char *refusal_find(const char *name)
{
	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
		if (strcmp(refused[i].name, name) == 0)
			return refused[i].why;
	return NULL;
}

typedef cJSON *converter(const char *text);

static cJSON *convert_bool(const char *text)
{
	uint32_t value;

	return word_find(bool_words, text, &value) ? cJSON_CreateBool((cJSON_bool)value) : NULL;
}

/* A number keeps its literal, and a member of a list or an object its own type. */
static cJSON *convert_json(const char *text)
{
	struct failure ignored;

	failure_clear(&ignored);
	return json_parse(text, strlen(text), "the option", &ignored);
}

static cJSON *convert_list(const char *text)
{
	OWNED(json_release) cJSON *list = cJSON_CreateArray();

	while (list && *text) {
		const size_t length = strcspn(text, ",");
		OWNED(text_release) char *word = strndup(text, length);
		cJSON *member = word ? cJSON_CreateString(word) : NULL;
		if (!member)
			return NULL;
		cJSON_AddItemToArray(list, member);
		text += length + (text[length] == ',');
	}
	return json_take(&list);
}

/* The types that are absent here are texts in the configuration, too. */
static converter *const converters[] = {
	[KEY_BOOL] = convert_bool,   [KEY_UINT] = convert_json, [KEY_LONG] = convert_json,
	[KEY_OBJECT] = convert_json, [KEY_LIST] = convert_list, [KEY_JSON] = convert_json,
};

/* Returns NULL without memory only: a text that cannot be converted stays a text, which the key
 * then refuses. */
static cJSON *convert(const struct key *key, const char *text)
{
	const size_t n = sizeof converters / sizeof *converters;
	converter *by = (size_t)key->type < n ? converters[key->type] : NULL;
	cJSON *value = by ? by(text) : NULL;

	return value ? value : cJSON_CreateString(text);
}

static const char *mismatch_find(const struct key *key, const cJSON *value,
                                 char wanted[static KEY_WANTED_TEXT])
{
	const char *mismatch = key_mismatch(key, value, wanted);
	const cJSON *member;

	if (mismatch || key->type != KEY_LIST || !key->member)
		return mismatch;
	cJSON_ArrayForEach(member, value)
	{
		if ((mismatch = key_mismatch(key->member, member, wanted)))
			return mismatch;
	}
	return NULL;
}

enum { NAME_MOST = 32, NEAR = 2 };

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Returns how many letters to change, add or remove to make one name the other. */
static size_t distance(const char *a, const char *b)
{
	const size_t length = strlen(b);
	size_t row[NAME_MOST + 1];

	if (strlen(a) > NAME_MOST || length > NAME_MOST)
		return NAME_MOST;
	for (size_t k = 0; k <= length; k++)
		row[k] = k;
	for (size_t i = 1; a[i - 1]; i++) {
		size_t diagonal = row[0];
		row[0] = i;
		for (size_t k = 1; k <= length; k++) {
			const size_t above = row[k];
			row[k] = least(least(above, row[k - 1]) + 1,
			               diagonal + (a[i - 1] != b[k - 1]));
			diagonal = above;
		}
	}
	return row[length];
}

static const char *name_near(const char *name)
{
	const struct key *key, *near = NULL;
	size_t nearest = NEAR + 1;

	for (size_t place = 0; (key = key_at(place)); place++) {
		const size_t far = json_name_is(name, key->name) ? 0 : distance(name, key->name);
		if (far < nearest && !refusal_find(key->name)) {
			nearest = far;
			near = key;
		}
	}
	return near ? near->name : NULL;
}

static int refuse_name(const char *name, struct failure *f)
{
	const char *why = refusal_find(name), *near = why ? NULL : name_near(name);
	char hint[96] = "podtap has no such option; podtap-netavark(8) lists them";

	if (near)
		snprintf(hint, sizeof hint, "podtap has no such option; did you mean %s?", near);
	return fail(f, CNI_CONFIG, why ? why : hint, "option %.64s is not supported", name);
}

static int option_add(cJSON *config, const cJSON *option, struct failure *f)
{
	const char *name = option->string, *text = json_string(option);
	const struct key *key = refusal_find(name) ? NULL : key_find(name);
	char wanted[KEY_WANTED_TEXT];

	if (!key)
		return refuse_name(name, f);
	if (!text)
		return fail(f, CNI_CONFIG, "it must be a string", "option %s", name);
	OWNED(json_release) cJSON *value = convert(key, text);
	if (!value)
		return fail_errno(f, ENOMEM, "read option %s", name);
	const char *mismatch = mismatch_find(key, value, wanted);
	if (mismatch)
		return fail(f, CNI_CONFIG, mismatch, "option %s is \"%.128s\"", name, text);
	cJSON_DeleteItemFromObjectCaseSensitive(config, name);
	if (!cJSON_AddItemToObject(config, name, value))
		return fail_errno(f, ENOMEM, "read option %s", name);
	json_take(&value);
	return 0;
}

int options_add(cJSON *config, const cJSON *options, bool leniently, struct failure *f)
{
	const cJSON *option;

	if (options && !cJSON_IsObject(options))
		return leniently ? 0
		                 : fail(f, CNI_DECODE, "they are not an object",
		                        "cannot decode the options of the network");
	json_each_member(option, options)
	{
		if (option_add(config, option, f) == 0)
			continue;
		if (!leniently)
			return -1;
		failure_clear(f);
	}
	return 0;
}

void options_read(struct options *o, const cJSON *config)
{
	struct failure ignored;
	const struct key_scope scope = { config, "", &ignored };

	failure_clear(&ignored);
	*o = (struct options){ .metric = METRIC };
	keys_read_leniently(own_keys, N_OWN, &scope, o);
}
