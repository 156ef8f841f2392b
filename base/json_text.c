/* SPDX-License-Identifier: Apache-2.0 */
/* A tree as text, byte for byte as cJSON writes it without spaces, but in one pass and without
 * printf(): an ADD writes its record twice. */
#include "base/json.h"
#include "base/span.h"

#include <stdint.h>
#include <string.h>

enum {
	TEXT_USUAL = 1000, /* bytes that the text of a record or a result takes at most, usually */
	ESCAPE_MAX = 6,    /* bytes of \u001f */
};

/* A text that grows. `bytes` is NULL after memory ran out. */
struct text {
	char *bytes;
	size_t length;
	size_t room;
};

/* Returns where the next `most` bytes may be written; NULL if memory is out. */
static char *reserve(struct text *t, size_t most)
{
	if (t->bytes && most > t->room - t->length) {
		const size_t room = 2 * (t->length + most);
		char *grown = realloc(t->bytes, room);
		if (!grown)
			text_release(&t->bytes);
		t->bytes = grown;
		t->room = room;
	}
	return t->bytes ? t->bytes + t->length : NULL;
}

static void append(struct text *t, const char *bytes, size_t length)
{
	char *to = reserve(t, length);

	if (!to)
		return;
	memcpy(to, bytes, length);
	t->length += length;
}

static void append_byte(struct text *t, char byte)
{
	append(t, &byte, 1);
}

/* Bytes that stand in a string as they are. */
static const bool plain[UINT8_MAX + 1] = { [' ' ... '!'] = true,
	                                   ['#' ... '['] = true,
	                                   [']' ... UINT8_MAX] = true };

static char *escape_put(char *to, char byte)
{
	static const char digits[] = "0123456789abcdef";
	static const char letters[] = "\bb\ff\nn\rr\tt\"\"\\\\";

	*to++ = '\\';
	for (size_t i = 0; i < sizeof letters - 1; i += 2)
		if (letters[i] == byte) {
			*to++ = letters[i + 1];
			return to;
		}
	*to++ = 'u';
	*to++ = '0';
	*to++ = '0';
	*to++ = digits[byte >> 4];
	*to++ = digits[byte & 15];
	return to;
}

static void append_string(struct text *t, const char *string)
{
	const char *at = string ? string : "";
	char *to = reserve(t, 2 + strlen(at) * ESCAPE_MAX);

	if (!to)
		return;
	*to++ = '"';
	for (; *at; at++)
		if (plain[(unsigned char)*at])
			*to++ = *at;
		else
			to = escape_put(to, *at);
	*to++ = '"';
	t->length = (size_t)(to - t->bytes);
}

/* Leaves what is no integer of 31 bits to cJSON, which knows how many digits a double needs. */
static void append_number(struct text *t, const cJSON *node)
{
	const int value = node->valueint;
	char digits[NUMBER_TEXT];

	if (value >= 0 && value < INT32_MAX && node->valuedouble == value &&
	    !__builtin_signbit(node->valuedouble)) {
		number_format((unsigned)value, digits);
		append(t, digits, strlen(digits));
		return;
	}
	OWNED(text_release) char *text = cJSON_PrintUnformatted(node);
	if (text)
		append(t, text, strlen(text));
	else
		text_release(&t->bytes);
}

static void append_value(struct text *t, const cJSON *value);

static void append_members(struct text *t, const cJSON *parent, const char *brackets)
{
	append_byte(t, brackets[0]);
	for (const cJSON *member = parent->child; member; member = member->next) {
		if (brackets[0] == '{') {
			append_string(t, member->string);
			append_byte(t, ':');
		}
		append_value(t, member);
		if (member->next)
			append_byte(t, ',');
	}
	append_byte(t, brackets[1]);
}

static void append_value(struct text *t, const cJSON *value)
{
	switch (value->type & 0xff) {
	case cJSON_String:
		append_string(t, value->valuestring);
		break;
	case cJSON_Raw:
		if (value->valuestring)
			append(t, value->valuestring, strlen(value->valuestring));
		break;
	case cJSON_Number:
		append_number(t, value);
		break;
	case cJSON_Object:
		append_members(t, value, "{}");
		break;
	case cJSON_Array:
		append_members(t, value, "[]");
		break;
	case cJSON_True:
		append(t, "true", 4);
		break;
	case cJSON_False:
		append(t, "false", 5);
		break;
	default:
		append(t, "null", 4);
	}
}

/* Returns why the tree cannot be as if it had been parsed, or NULL. */
static const char *literals_make(cJSON *json, uint32_t *values)
{
	const char *why = NULL;

	for (; json && !why; json = json->next) {
		if (++*values > JSON_VALUES_MAX)
			return JSON_TOO_MANY;
		why = literals_make(json->child, values);
		if (!cJSON_IsNumber(json) || json->valuestring)
			continue;
		json->valuestring = json_text(json);
		if (!json->valuestring)
			return "out of memory";
	}
	return why;
}

int json_as_parsed(cJSON *json, const char *what, struct failure *f)
{
	uint32_t values = 0;
	const char *why = literals_make(json, &values);

	return why ? fail(f, CNI_DECODE, why, "cannot decode %s", what) : 0;
}

char *json_text(const cJSON *json)
{
	struct text t = { .bytes = json ? malloc(TEXT_USUAL) : NULL, .room = TEXT_USUAL };

	if (!t.bytes)
		return NULL;
	append_value(&t, json);
	append_byte(&t, '\0');
	return t.bytes;
}
