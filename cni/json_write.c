/* SPDX-License-Identifier: Apache-2.0 */
/* Spelling JSON, member by member. */
#include "cni/json_write.h"

#include <string.h>

enum { ROOM_FIRST = 1024, DIGITS_MAX = 20 }; /* bytes; of 64 bits */

/* Makes room for that many bytes and the zero after them. */
static bool room_make(struct json_writer *w, size_t bytes)
{
	size_t room = w->room ? w->room : ROOM_FIRST;

	while (room - w->length <= bytes)
		room *= 2;
	if (w->failed || room == w->room)
		return !w->failed;
	char *grown = realloc(w->text, room);
	w->failed = !grown;
	if (!grown)
		return false;
	w->text = grown;
	w->room = room;
	return true;
}

static void put_bytes(struct json_writer *w, const char *bytes, size_t n)
{
	if (!room_make(w, n))
		return;
	memcpy(w->text + w->length, bytes, n);
	w->length += n;
}

static void put_byte(struct json_writer *w, char byte)
{
	put_bytes(w, &byte, 1);
}

static void put_escaped(struct json_writer *w, unsigned char byte)
{
	static const char plain[] = "\"\\\b\f\n\r\t", letters[] = "\"\\bfnrt",
	                  hex[] = "0123456789abcdef";
	const char *found = byte ? strchr(plain, byte) : NULL;
	const char numbered[] = { '\\', 'u', '0', '0', hex[byte >> 4], hex[byte & 15] };
	const char lettered[] = { '\\', found ? letters[found - plain] : '\0' };

	put_bytes(w, found ? lettered : numbered, found ? sizeof lettered : sizeof numbered);
}

static void put_string(struct json_writer *w, const char *text)
{
	put_byte(w, '"');
	while (*text) {
		size_t same = 0;
		while ((unsigned char)text[same] >= ' ' && text[same] != '"' && text[same] != '\\')
			same++;
		put_bytes(w, text, same);
		text += same;
		if (*text)
			put_escaped(w, (unsigned char)*text++);
	}
	put_byte(w, '"');
}

static void put_name(struct json_writer *w, const char *name)
{
	if (w->length && w->text[w->length - 1] != '{')
		put_byte(w, ',');
	put_string(w, name);
	put_byte(w, ':');
}

void json_begin(struct json_writer *w, const char *name)
{
	if (name)
		put_name(w, name);
	put_byte(w, '{');
}

void json_end(struct json_writer *w)
{
	put_byte(w, '}');
}

void json_put_text(struct json_writer *w, const char *name, const char *text)
{
	if (!text)
		return;
	put_name(w, name);
	put_string(w, text);
}

void json_put_number(struct json_writer *w, const char *name, uint64_t number)
{
	char digits[DIGITS_MAX];
	size_t at = sizeof digits;

	do
		digits[--at] = (char)('0' + number % 10);
	while (number /= 10);
	put_name(w, name);
	put_bytes(w, digits + at, sizeof digits - at);
}

void json_put_true(struct json_writer *w, const char *name)
{
	put_name(w, name);
	put_bytes(w, "true", 4);
}

void json_put_value(struct json_writer *w, const char *name, const cJSON *value)
{
	if (!value)
		return;
	OWNED(text_release) char *text = cJSON_PrintUnformatted(value);
	put_name(w, name);
	w->failed |= !text;
	if (text)
		put_bytes(w, text, strlen(text));
}

char *json_writer_take(struct json_writer *w)
{
	if (!room_make(w, 0))
		return NULL;
	w->text[w->length] = '\0';
	return text_take(&w->text);
}
