/* SPDX-License-Identifier: Apache-2.0 */
/* Decoding configuration keys by their type. */
#include "base/config_keys.h"

#include "base/address.h"
#include "base/json.h"
#include "base/name.h"

#include <stdio.h>
#include <string.h>
#include <sys/types.h>

const char *key_value_text(const cJSON *value, char *text, size_t size)
{
	OWNED(text_release) char *whole = cJSON_PrintUnformatted(value);
	int length = snprintf(text, size, "%s", whole ? whole : "?");
	if (length >= (int)size && size > 4)
		memcpy(text + size - 4, "...", 4);
	return text;
}

static int refuse(const struct key *key, const cJSON *value, const char *wanted, struct failure *f)
{
	char text[128];
	return fail(f, CNI_CONFIG, wanted, "configuration key %s is %s", key->name,
	            key_value_text(value, text, sizeof text));
}

static int read_bool(const struct key *key, const cJSON *value, void *field, struct failure *f)
{
	if (!cJSON_IsBool(value))
		return refuse(key, value, "it must be true or false", f);
	*(bool *)field = cJSON_IsTrue(value);
	return 0;
}

static int read_uint(const struct key *key, const cJSON *value, void *field, struct failure *f)
{
	char wanted[80];
	int64_t number;

	if (!json_integer(value, &number) || number < key->min || number > key->max) {
		snprintf(wanted, sizeof wanted, "it must be an integer from %u to %u", key->min,
		         key->max);
		return refuse(key, value, wanted, f);
	}
	*(uint32_t *)field = (uint32_t)number;
	return 0;
}

static int read_word(const struct key *key, const cJSON *value, void *field, struct failure *f)
{
	const char *text = json_string(value);
	char words[96], wanted[128];

	/* "" counts as absent, as in the reference plugin. */
	if (text && (!*text || word_find(key->words, text, field)))
		return 0;
	snprintf(wanted, sizeof wanted, "it must be one of: %s",
	         word_list(key->words, words, sizeof words));
	return refuse(key, value, wanted, f);
}

static int read_octal(const struct key *key, const cJSON *value, void *field, struct failure *f)
{
	const char *text = json_string(value);
	char *end;

	if (!text || strspn(text, "01234567") != strlen(text) || !*text || strlen(text) > 4 ||
	    strtoul(text, &end, 8) > key->max)
		return refuse(key, value, "it must be a string of octal digits such as \"0660\"",
		              f);
	*(mode_t *)field = (mode_t)strtoul(text, &end, 8);
	return 0;
}

int key_mac_parse(const char *name, const char *text, struct mac *mac, struct failure *f)
{
	struct mac parsed;

	if (!mac_parse(text, &parsed))
		return fail(f, CNI_CONFIG, "it must be six octets such as 02:00:5e:10:00:01",
		            "%s is \"%.64s\"", name, text);
	if (!mac_is_unicast(&parsed))
		return fail(f, CNI_CONFIG, "a link's address must be unicast and not zero",
		            "%s is \"%.64s\"", name, text);
	*mac = parsed;
	return 0;
}

static int read_mac(const struct key *key, const cJSON *value, char *base, struct failure *f)
{
	char name[64];
	const char *text = json_string(value);

	if (!text)
		return refuse(key, value, "it must be a string", f);
	if (!*text)
		return 0;
	snprintf(name, sizeof name, "configuration key %s", key->name);
	if (key_mac_parse(name, text, (struct mac *)(base + key->offset), f) < 0)
		return -1;
	*(bool *)(base + key->present) = true;
	return 0;
}

static int read_ifname(const struct key *key, const cJSON *value, char *field, struct failure *f)
{
	const char *text = json_string(value);

	if (!text)
		return refuse(key, value, "it must be a string, the name of an interface", f);
	if (!*text)
		return 0;
	if (strlen(text) > key->max || strchr(text, '/') || strcmp(text, ".") == 0 ||
	    strcmp(text, "..") == 0)
		return refuse(key, value, "it must be the name of an interface", f);
	snprintf(field, key->max + 1u, "%s", text);
	return 0;
}

static int read_path(const struct key *key, const cJSON *value, const char **field,
                     struct failure *f)
{
	const char *text = json_string(value);

	if (!text || (*text && *text != '/'))
		return refuse(key, value, "it must be an absolute path", f);
	if (*text)
		*field = text;
	return 0;
}

static int read_text(const struct key *key, const cJSON *value, const char **field,
                     struct failure *f)
{
	const char *text = json_string(value);

	if (!text)
		return refuse(key, value, "it must be a string", f);
	if (*text)
		*field = text;
	return 0;
}

int key_read(const struct key *key, const cJSON *config, void *base, struct failure *f)
{
	const cJSON *value = json_member(config, key->name);
	char *field = (char *)base + key->offset;

	if (!value)
		return 0;
	switch (key->type) {
	case KEY_BOOL:
		return read_bool(key, value, field, f);
	case KEY_UINT:
		return read_uint(key, value, field, f);
	case KEY_WORD:
		return read_word(key, value, field, f);
	case KEY_OCTAL:
		return read_octal(key, value, field, f);
	case KEY_MAC:
		return read_mac(key, value, base, f);
	case KEY_IFNAME:
		return read_ifname(key, value, field, f);
	case KEY_PATH:
		return read_path(key, value, (const char **)(void *)field, f);
	case KEY_TEXT:
		return read_text(key, value, (const char **)(void *)field, f);
	}
	return 0;
}
