/* SPDX-License-Identifier: Apache-2.0 */
/* A table with a key of every type: what is accepted is within the bounds of its row, what is
 * refused stores nothing, and reading leniently takes what is valid.
 *
 * Reads with: base/keys.c base/unknown_keys.c */
#include "base/unknown_keys.h"

#include "base/address.h"
#include "base/json.h"
#include "tests/fuzz/fuzz.h"

#include <sys/types.h>

enum { MEMBERS_MAX = 3, NAME_MAX_TEST = 15 };

struct values {
	bool flag;
	bool has_mac;
	uint32_t count;
	uint64_t size;
	uint32_t word;
	uint32_t either;
	mode_t mode;
	struct mac mac;
	uint32_t mac_word;
	char name[NAME_MAX_TEST + 1];
	const char *path;
	const char *text;
	struct ip ip;
	struct cidr cidr;
	const cJSON *object;
	const cJSON *list;
	const cJSON *any;
	uint32_t read[MEMBERS_MAX];
	uint32_t n_read;
};

static const struct word words[] = { { "one", 11 }, { "two", 12 }, { NULL, 0 } };
static const struct word mac_words[] = { { "stable", 7 }, { NULL, 0 } };

static int member_read(const struct key_scope *scope, void *base)
{
	static const struct key number = { "", KEY_UINT, .offset = 0, .min = 5, .max = 9 };
	struct values *v = base;

	PROMISE(v->n_read < MEMBERS_MAX);
	if (key_read(&number, scope, &v->read[v->n_read]) < 0)
		return -1;
	v->n_read++;
	return 0;
}

#define AT(field) .offset = offsetof(struct values, field)

static const struct key word_member = { "", KEY_WORD, .offset = 0, .words = words };
static const struct key keys[] = {
	{ "flag", KEY_BOOL, AT(flag) },
	{ "count", KEY_UINT, AT(count), .min = 2, .max = 4000000000 },
	{ "size", KEY_LONG, AT(size) },
	{ "word", KEY_WORD, AT(word), .words = words, .strict = true },
	{ "either", KEY_SWITCH, AT(either), .words = words },
	{ "mode", KEY_OCTAL, AT(mode), .max = 0777 },
	{ "mac", KEY_MAC, AT(mac), .present = offsetof(struct values, has_mac),
	  .word = offsetof(struct values, mac_word), .words = mac_words },
	{ "name", KEY_IFNAME, AT(name), .max = NAME_MAX_TEST },
	{ "path", KEY_PATH, AT(path) },
	{ "text", KEY_TEXT, AT(text), .wanted = "it must be a text" },
	{ "ip", KEY_IP, AT(ip) },
	{ "cidr", KEY_CIDR, AT(cidr) },
	{ "object", KEY_OBJECT, AT(object) },
	{ "list", KEY_LIST, AT(list), .max = MEMBERS_MAX, .member = &word_member },
	{ "read", KEY_LIST, .each = member_read, .max = MEMBERS_MAX },
	{ "any", KEY_JSON, AT(any) },
};
enum { KEYS = sizeof keys / sizeof *keys };

static const struct key *key_at(size_t place)
{
	return place < KEYS ? &keys[place] : NULL;
}

/* A value that was not given is zero. */
static void check_values(const struct values *v)
{
	const cJSON *member;

	PROMISE(v->count == 0 || (v->count >= 2 && v->count <= 4000000000));
	PROMISE(v->size <= KEY_LONG_MAX);
	PROMISE(v->word == 0 || word_text(words, v->word));
	PROMISE(v->either <= 1 || word_text(words, v->either));
	PROMISE((v->mode & ~0777u) == 0);
	PROMISE(!v->has_mac || v->mac_word || mac_is_unicast(&v->mac));
	PROMISE(v->mac_word == 0 || v->mac_word == mac_words[0].value);
	PROMISE(memchr(v->name, '\0', sizeof v->name) && !strchr(v->name, '/'));
	PROMISE(!v->path || *v->path == '/');
	PROMISE(!v->text || *v->text);
	PROMISE(v->ip.family == 0 || ip_bits(&v->ip) >= 32);
	PROMISE(v->cidr.ip.family == 0 || v->cidr.prefix <= ip_bits(&v->cidr.ip));
	PROMISE(!v->object || cJSON_IsObject(v->object));
	PROMISE(!v->list || cJSON_GetArraySize(v->list) <= MEMBERS_MAX);
	cJSON_ArrayForEach(member, v->list)
	{
		uint32_t number;
		PROMISE(word_find(words, json_string(member) ?: "", &number));
	}
	for (size_t i = 0; i < v->n_read; i++)
		PROMISE(v->read[i] >= 5 && v->read[i] <= 9);
}

static void check_each(const cJSON *json)
{
	char wanted[KEY_WANTED_TEXT];

	for (size_t i = 0; i < KEYS; i++) {
		const cJSON *value = json_member(json, keys[i].name);
		const char *mismatch = value ? key_mismatch(&keys[i], value, wanted) : NULL;
		PROMISE(!mismatch || *mismatch);
	}
}

static void on_unknown(const char *path, const char *meant, void *data)
{
	(void)data;
	PROMISE(path && (!meant || *meant));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct failure f = { 0 };
	OWNED(text_release) char *text = text_of(data, size);
	OWNED(json_release) cJSON *json = json_parse(text, strlen(text), "the input", &f);
	if (!json)
		return 0;

	const struct key_scope scope = { json, "here", &f };
	struct values whole = { .flag = false }, lenient = { .flag = false };
	if (keys_read(keys, KEYS, &scope, &whole) < 0)
		PROMISE(f.code == CNI_CONFIG && *f.msg && *f.details);
	check_values(&whole);
	keys_read_leniently(keys, KEYS, &scope, &lenient);
	PROMISE(f.code == 0);
	check_values(&lenient);
	check_each(json);
	keys_unknown(json, "", key_at, NULL, &(struct unknown_visit){ on_unknown, NULL });
	return 0;
}
