/* SPDX-License-Identifier: Apache-2.0 */
/* Decoding configuration keys by type. */
#include "base/keys.h"

#include "base/address.h"
#include "base/json.h"

#include <stdio.h>
#include <string.h>
#include <sys/types.h>

/* Stores a value, or only checks it if `field` is NULL. Returns NULL if the value is valid, else a
 * description of valid values. */
typedef const char *decoder(const struct key *key, const cJSON *value, void *field,
                            char wanted[static KEY_WANTED_TEXT]);

static const char *decode_bool(const struct key *key, const cJSON *value, void *field,
                               char wanted[static KEY_WANTED_TEXT])
{
	(void)key, (void)wanted;
	if (!cJSON_IsBool(value))
		return "it must be true or false";
	if (field)
		*(bool *)field = cJSON_IsTrue(value);
	return NULL;
}

static const char *decode_uint(const struct key *key, const cJSON *value, void *field,
                               char wanted[static KEY_WANTED_TEXT])
{
	int64_t number;

	if (!json_integer(value, &number) || number < key->min || number > key->max) {
		snprintf(wanted, KEY_WANTED_TEXT, "it must be an integer from %u to %u", key->min,
		         key->max);
		return wanted;
	}
	if (field)
		*(uint32_t *)field = (uint32_t)number;
	return NULL;
}

static const char *decode_long(const struct key *key, const cJSON *value, void *field,
                               char wanted[static KEY_WANTED_TEXT])
{
	int64_t number;

	(void)key, (void)wanted;
	if (!json_integer(value, &number) || number < 0 || number > KEY_LONG_MAX)
		return "it must be an integer from 0 to 1000000000000000";
	if (field)
		*(uint64_t *)field = (uint64_t)number;
	return NULL;
}

static const char *decode_word(const struct key *key, const cJSON *value, void *field,
                               char wanted[static KEY_WANTED_TEXT])
{
	const char *text = json_string(value);
	uint32_t number;

	if (!text || !word_find(key->words, text, &number))
		return word_wanted(key->words, "it must be one of", wanted, KEY_WANTED_TEXT);
	if (field)
		*(uint32_t *)field = number;
	return NULL;
}

static const char *decode_switch(const struct key *key, const cJSON *value, void *field,
                                 char wanted[static KEY_WANTED_TEXT])
{
	if (!cJSON_IsBool(value))
		return json_string(value) && decode_word(key, value, field, wanted) == NULL
		               ? NULL
		               : word_wanted(key->words, "it must be true, false or one of", wanted,
		                             KEY_WANTED_TEXT);
	if (field)
		*(uint32_t *)field = cJSON_IsTrue(value);
	return NULL;
}

static const char *decode_octal(const struct key *key, const cJSON *value, void *field,
                                char wanted[static KEY_WANTED_TEXT])
{
	const char *text = json_string(value);
	char *end;

	(void)wanted;
	if (!text || strspn(text, "01234567") != strlen(text) || !*text || strlen(text) > 4 ||
	    strtoul(text, &end, 8) > key->max)
		return "it must be a string of octal digits such as \"0660\"";
	if (field)
		*(mode_t *)field = (mode_t)strtoul(text, &end, 8);
	return NULL;
}

static const char *mac_mismatch(const char *text, struct mac *mac)
{
	if (!mac_parse(text, mac))
		return "it must be six octets such as 02:00:5e:10:00:01";
	return mac_is_unicast(mac) ? NULL : "a link's address must be unicast and not zero";
}

static const char *decode_mac(const struct key *key, const cJSON *value, void *field,
                              char wanted[static KEY_WANTED_TEXT])
{
	const char *text = json_string(value), *mismatch;
	struct mac mac;
	uint32_t number;

	if (!text)
		return "it must be a string";
	if (key->words && word_find(key->words, text, &number))
		return NULL;
	mismatch = mac_mismatch(text, &mac);
	if (field && !mismatch)
		*(struct mac *)field = mac;
	if (!mismatch || !key->words)
		return mismatch;
	snprintf(wanted, KEY_WANTED_TEXT, "%s; or \"%s\"", mismatch, key->words->text);
	return wanted;
}

static const char *decode_ifname(const struct key *key, const cJSON *value, void *field,
                                 char wanted[static KEY_WANTED_TEXT])
{
	const char *text = json_string(value);

	(void)wanted;
	if (!text)
		return "it must be a string, the name of an interface";
	if (!*text || strlen(text) > key->max || strchr(text, '/') || strcmp(text, ".") == 0 ||
	    strcmp(text, "..") == 0)
		return "it must be the name of an interface";
	if (field)
		snprintf(field, key->max + 1u, "%s", text);
	return NULL;
}

static const char *decode_path(const struct key *key, const cJSON *value, void *field,
                               char wanted[static KEY_WANTED_TEXT])
{
	const char *text = json_string(value);

	(void)key, (void)wanted;
	if (!text || *text != '/')
		return "it must be an absolute path";
	if (field)
		*(const char **)field = text;
	return NULL;
}

static const char *decode_text(const struct key *key, const cJSON *value, void *field,
                               char wanted[static KEY_WANTED_TEXT])
{
	const char *text = json_string(value);

	(void)key, (void)wanted;
	if (!text || !*text)
		return "it must be a string";
	if (field)
		*(const char **)field = text;
	return NULL;
}

static const char *decode_ip(const struct key *key, const cJSON *value, void *field,
                             char wanted[static KEY_WANTED_TEXT])
{
	const char *text = json_string(value);
	struct ip ip;

	(void)key, (void)wanted;
	if (!text || !ip_parse(text, &ip))
		return "it must be an IP address";
	if (field)
		*(struct ip *)field = ip;
	return NULL;
}

static const char *decode_cidr(const struct key *key, const cJSON *value, void *field,
                               char wanted[static KEY_WANTED_TEXT])
{
	const char *text = json_string(value);
	struct cidr cidr;

	(void)key, (void)wanted;
	if (!text || !cidr_parse(text, &cidr))
		return "it must be a network such as 10.0.0.0/24 or fd00::/64";
	if (field)
		*(struct cidr *)field = cidr;
	return NULL;
}

static const char *decode_json(const struct key *key, const cJSON *value, void *field,
                               char wanted[static KEY_WANTED_TEXT])
{
	(void)wanted;
	if (field && !key->each)
		*(const cJSON **)field = value;
	return NULL;
}

static const char *decode_object(const struct key *key, const cJSON *value, void *field,
                                 char wanted[static KEY_WANTED_TEXT])
{
	return cJSON_IsObject(value) ? decode_json(key, value, field, wanted)
	                             : "it must be an object";
}

static const char *list_wanted(const struct key *key, char wanted[static KEY_WANTED_TEXT])
{
	return key->member && key->member->words
	               ? word_wanted(key->member->words, "it must be a list of", wanted,
	                             KEY_WANTED_TEXT)
	               : "it must be a list";
}

static const char *decode_list(const struct key *key, const cJSON *value, void *field,
                               char wanted[static KEY_WANTED_TEXT])
{
	const cJSON *member;

	if (!cJSON_IsArray(value))
		return list_wanted(key, wanted);
	if (key->max && (size_t)cJSON_GetArraySize(value) > key->max) {
		snprintf(wanted, KEY_WANTED_TEXT, "%u members are the most", key->max);
		return wanted;
	}
	/* A reader reports an invalid member by the member's own path. */
	for (member = value->child; !key->each && key->member && member; member = member->next)
		if (key_mismatch(key->member, member, wanted))
			return list_wanted(key, wanted);
	return decode_json(key, value, field, wanted);
}

static const struct {
	decoder *decode;
	bool text; /* "" counts as absent, unless the key is strict */
} types[] = {
	[KEY_BOOL] = { decode_bool, false },    [KEY_UINT] = { decode_uint, false },
	[KEY_LONG] = { decode_long, false },    [KEY_WORD] = { decode_word, true },
	[KEY_OCTAL] = { decode_octal, false },  [KEY_MAC] = { decode_mac, true },
	[KEY_IFNAME] = { decode_ifname, true }, [KEY_PATH] = { decode_path, true },
	[KEY_TEXT] = { decode_text, true },     [KEY_IP] = { decode_ip, true },
	[KEY_CIDR] = { decode_cidr, false },    [KEY_OBJECT] = { decode_object, false },
	[KEY_LIST] = { decode_list, false },    [KEY_JSON] = { decode_json, false },
	[KEY_SWITCH] = { decode_switch, true },
};

static const char *decode(const struct key *key, const cJSON *value, void *field,
                          char wanted[static KEY_WANTED_TEXT])
{
	const char *mismatch = types[key->type].decode(key, value, field, wanted);

	/* A list that is too long still has the type of a list. */
	return mismatch && key->wanted && !(key->type == KEY_LIST && mismatch == wanted)
	               ? key->wanted
	               : mismatch;
}

const char *key_mismatch(const struct key *key, const cJSON *value,
                         char wanted[static KEY_WANTED_TEXT])
{
	return decode(key, value, NULL, wanted);
}

const char *key_value_text(const cJSON *value, char *text, size_t size)
{
	OWNED(text_release) char *whole = cJSON_PrintUnformatted(value);
	int length = snprintf(text, size, "%s", whole ? whole : value ? "?" : "absent");

	if (length >= (int)size && size > 4)
		memcpy(text + size - 4, "...", 4);
	return text;
}

int key_refuse(const struct key_scope *scope, const char *name, const cJSON *value,
               const char *wanted)
{
	char text[128];

	return fail(scope->f, CNI_CONFIG, wanted, "configuration key %s%s%s is %s", scope->path,
	            *name && *scope->path ? "." : "", name,
	            key_value_text(value, text, sizeof text));
}

int key_mac_parse(const char *name, const char *text, struct mac *mac, struct failure *f)
{
	struct mac parsed;
	const char *mismatch = mac_mismatch(text, &parsed);

	if (mismatch)
		return fail(f, CNI_CONFIG, mismatch, "%s is \"%.64s\"", name, text);
	*mac = parsed;
	return 0;
}

static int read_members(const struct key *key, const struct key_scope *scope, const cJSON *list,
                        void *base)
{
	struct key_scope member = { .f = scope->f };
	size_t index = 0;

	cJSON_ArrayForEach(member.object, list)
	{
		const int n = snprintf(member.path, sizeof member.path, "%s%s%s[%zu]", scope->path,
		                       *key->name && *scope->path ? "." : "", key->name, index++);
		if (n < 0 || key->each(&member, base) < 0)
			return -1;
	}
	return 0;
}

static void mac_note(const struct key *key, const char *text, void *base)
{
	uint32_t *word = (uint32_t *)((char *)base + key->word);

	*(bool *)((char *)base + key->present) = !key->words || !word_find(key->words, text, word);
}

int key_read(const struct key *key, const struct key_scope *scope, void *base)
{
	const cJSON *value = *key->name ? json_member(scope->object, key->name) : scope->object;
	const char *text = json_string(value);
	char wanted[KEY_WANTED_TEXT];

	if (!value && !key->required)
		return 0;
	if (text && !*text && *key->name && types[key->type].text && !key->strict)
		return 0;
	const char *mismatch = decode(key, value, (char *)base + key->offset, wanted);
	if (mismatch)
		return key_refuse(scope, key->name, value, mismatch);
	if (key->type == KEY_MAC && key->present)
		mac_note(key, text, base);
	return key->each ? read_members(key, scope, value, base) : 0;
}

int keys_read(const struct key *keys, size_t n, const struct key_scope *scope, void *base)
{
	for (size_t i = 0; i < n; i++)
		if (key_read(&keys[i], scope, base) < 0)
			return -1;
	return 0;
}

void keys_read_leniently(const struct key *keys, size_t n, const struct key_scope *scope,
                         void *base)
{
	for (size_t i = 0; i < n; i++)
		if (key_read(&keys[i], scope, base) < 0)
			failure_clear(scope->f);
}
