/* SPDX-License-Identifier: Apache-2.0 */
/* Finding unknown keys, and what they resemble. */
#include "base/unknown_keys.h"

#include "base/json.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

enum { NAME_MAX_COMPARED = 40, PATH_TEXT = 160, DEPTH_MAX = 6 };

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Copies a name without its case and without - and _, which other plugins write differently.
 * Returns its length, or 0 if it is too long to resemble a key. */
static size_t name_plain(const char *name, char plain[NAME_MAX_COMPARED])
{
	size_t n = 0;

	for (; *name; name++) {
		if (*name == '-' || *name == '_')
			continue;
		if (n == NAME_MAX_COMPARED)
			return 0;
		plain[n++] = (char)tolower((unsigned char)*name);
	}
	return n;
}

/* Returns how many letters differ: inserted, left out or replaced (Levenshtein's distance). */
static size_t distance(const char *a, size_t n_a, const char *b, size_t n_b)
{
	size_t row[NAME_MAX_COMPARED + 1];

	for (size_t j = 0; j <= n_b; j++)
		row[j] = j;
	for (size_t i = 1; i <= n_a; i++) {
		size_t diagonal = row[0];
		row[0] = i;
		for (size_t j = 1; j <= n_b; j++) {
			const size_t replaced = diagonal + (a[i - 1] != b[j - 1]);
			diagonal = row[j];
			row[j] = least(replaced, least(row[j], row[j - 1]) + 1);
		}
	}
	return row[n_b];
}

struct likeness {
	const char *name; /* the key that resembles most */
	size_t apart;
};

/* Half of a name may differ: two letters that changed places count twice. */
static void table_compare(key_table *keys, const char *unknown, struct likeness *best)
{
	char plain[NAME_MAX_COMPARED], other[NAME_MAX_COMPARED];
	const size_t n = name_plain(unknown, plain);
	const struct key *key;

	for (size_t i = 0; n && keys && (key = keys(i)); i++) {
		const size_t m = name_plain(key->name, other);
		const size_t apart = distance(plain, n, other, m);
		if (apart < best->apart && apart * 2 <= (n > m ? n : m)) {
			best->apart = apart;
			best->name = key->name;
		}
	}
}

static const struct key *table_find(key_table *keys, const char *name)
{
	const struct key *key;

	for (size_t i = 0; keys && (key = keys(i)); i++)
		if (json_name_is(name, key->name))
			return key;
	return NULL;
}

struct walk {
	const struct unknown_visit *visit;
	unsigned left; /* keys that may still be visited */
};

static void value_look(const cJSON *value, const char *path, const struct key *key, struct walk *w,
                       int depth);

static void object_look(const cJSON *object, const char *path, key_table *keys, key_table *more,
                        struct walk *w, int depth)
{
	const cJSON *member;

	json_each_member(member, object)
	{
		if (!w->left)
			return;
		char at[PATH_TEXT];
		struct likeness best = { NULL, NAME_MAX_COMPARED };
		const struct key *known = table_find(keys, member->string);

		if (!known)
			known = table_find(more, member->string);
		snprintf(at, sizeof at, "%s%s%.64s", path, *path ? "." : "", member->string);
		if (known) {
			value_look(member, at, known, w, depth + 1);
			continue;
		}
		w->left--;
		table_compare(keys, member->string, &best);
		table_compare(more, member->string, &best);
		w->visit->on_key(at, best.name, w->visit->data);
	}
}

static void value_look(const cJSON *value, const char *path, const struct key *key, struct walk *w,
                       int depth)
{
	const cJSON *member;
	size_t place = 0;

	if (depth > DEPTH_MAX)
		return;
	if (key->members && cJSON_IsObject(value))
		object_look(value, path, key->members, NULL, w, depth);
	if (!key->member || !cJSON_IsArray(value))
		return;
	cJSON_ArrayForEach(member, value)
	{
		char at[PATH_TEXT];
		if (!w->left)
			return;
		snprintf(at, sizeof at, "%s[%zu]", path, place++);
		value_look(member, at, key->member, w, depth + 1);
	}
}

void keys_unknown(const cJSON *object, const char *path, key_table *keys, key_table *more,
                  const struct unknown_visit *visit)
{
	struct walk w = { visit, UNKNOWN_KEYS_MAX };

	object_look(object, path, keys, more, &w, 0);
}
