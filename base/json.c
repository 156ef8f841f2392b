/* SPDX-License-Identifier: Apache-2.0 */
/* The JSON tree: cJSON's, with the literal of every number. Finds members as Go finds them. */
#include "base/json.h"

#include <stdio.h>
#include <string.h>

struct walk {
	const char *text; /* json_check() has accepted it */
	size_t length;
	size_t at;
};

/* Returns whether a byte can be in a number. Outside strings, a digit or '-' begins a number. */
static bool is_numeric(char byte, const char *marks)
{
	return (byte >= '0' && byte <= '9') || (byte && strchr(marks, byte));
}

static struct json_span number_next(struct walk *w)
{
	for (; w->at < w->length && !is_numeric(w->text[w->at], "-"); w->at++) {
		if (w->text[w->at] != '"')
			continue;
		for (w->at++; w->at < w->length && w->text[w->at] != '"'; w->at++)
			if (w->text[w->at] == '\\')
				w->at++;
	}
	const size_t start = w->at;
	while (w->at < w->length && is_numeric(w->text[w->at], "+-.eE"))
		w->at++;
	return (struct json_span){ start, w->at - start };
}

/* Stores the literal of each number. The tree and the text have the numbers in the same order. */
static bool literals_keep(cJSON *node, struct walk *w)
{
	for (; node; node = node->next) {
		if (cJSON_IsNumber(node)) {
			const struct json_span n = number_next(w);
			node->valuestring = cJSON_malloc(n.length + 1);
			if (!node->valuestring)
				return false;
			memcpy(node->valuestring, w->text + n.at, n.length);
			node->valuestring[n.length] = '\0';
		} else if (!literals_keep(node->child, w)) {
			return false;
		}
	}
	return true;
}

cJSON *json_parse(const char *text, size_t length, const char *what, struct failure *f)
{
	char details[128];
	const char *why;
	size_t at;

	if (!json_check(text, length, &why, &at)) {
		snprintf(details, sizeof details, "%s, at byte %zu",
		         length ? why : "there is nothing", at);
		fail(f, CNI_DECODE, details, "cannot decode %s", what);
		return NULL;
	}
	OWNED(json_release) cJSON *json = cJSON_ParseWithLengthOpts(text, length, NULL, 0);
	struct walk w = { text, length, 0 };
	if (!json || !literals_keep(json, &w)) {
		fail(f, CNI_OTHER, "out of memory", "cannot decode %s", what);
		return NULL;
	}
	return json_take(&json);
}

static char lower_of(char byte)
{
	return (char)(byte >= 'A' && byte <= 'Z' ? byte - 'A' + 'a' : byte);
}

/* Takes one character that is not ASCII. Unicode folds two of them to ASCII letters: U+017F (long
 * s) and U+212A (Kelvin sign). The bytes of others are unchanged. */
static char folded_next(const char **at)
{
	if (strncmp(*at, "\xc5\xbf", 2) == 0) {
		*at += 2;
		return 's';
	}
	if (strncmp(*at, "\xe2\x84\xaa", 3) == 0) {
		*at += 3;
		return 'k';
	}
	return *(*at)++;
}

bool json_name_is(const char *spelled, const char *name)
{
	for (; *spelled && *name; name++) {
		const bool ascii = (unsigned char)*spelled < 0x80;
		const char folded = ascii ? lower_of(*spelled++) : folded_next(&spelled);
		if (folded != lower_of(*name))
			return false;
	}
	return *spelled == *name;
}

/* Most names differ in their first letter: ASCII letters fold by one bit. */
static bool is_named(const cJSON *member, const char *name)
{
	enum { FOLD = 'a' ^ 'A', ASCII_END = 0x80 };
	const unsigned char first = (unsigned char)*member->string;

	if (first < ASCII_END && ((first ^ *name) & ~FOLD))
		return false;
	return json_name_is(member->string, name) && !cJSON_IsNull(member);
}

cJSON *json_members(const cJSON *object)
{
	return cJSON_IsObject(object) ? object->child : NULL;
}

const cJSON *json_member(const cJSON *object, const char *name)
{
	const cJSON *found = NULL, *member;

	json_each_member(member, object)
	{
		if (is_named(member, name))
			found = member;
	}
	return found;
}

const cJSON *json_path(const cJSON *object, const char *const names[])
{
	const cJSON *found = NULL, *member;

	if (!names[0])
		return object;
	if (!cJSON_IsObject(object))
		return NULL;
	cJSON_ArrayForEach(member, object)
	{
		const cJSON *inner =
		        is_named(member, names[0]) ? json_path(member, names + 1) : NULL;
		if (inner)
			found = inner;
	}
	return found;
}

bool json_integer(const cJSON *number, int64_t *out)
{
	const char *text = cJSON_IsNumber(number) ? number->valuestring : NULL;
	const bool negative = text && *text == '-';
	int64_t value = 0;

	if (!text || !*text)
		return false;
	for (text += negative; *text; text++) {
		const int digit = *text - '0';
		if (digit < 0 || digit > 9 || __builtin_mul_overflow(value, (int64_t)10, &value) ||
		    __builtin_sub_overflow(value, (int64_t)digit, &value))
			return false;
	}
	if (!negative && __builtin_sub_overflow((int64_t)0, value, &value))
		return false; /* counts downwards, because there is one more negative number */
	*out = value;
	return true;
}

bool json_set_text(cJSON *object, const char *name, const char *text)
{
	cJSON *member = json_members(object), *next;

	for (; member; member = next) {
		next = member->next;
		if (json_name_is(member->string, name))
			cJSON_Delete(cJSON_DetachItemViaPointer(object, member));
	}
	return cJSON_AddStringToObject(object, name, text) != NULL;
}

const char *json_string(const cJSON *node)
{
	return cJSON_IsString(node) ? node->valuestring : NULL;
}
