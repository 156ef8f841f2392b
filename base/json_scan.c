/* SPDX-License-Identifier: Apache-2.0 */
/* The grammar of RFC 8259 over the text itself: validity, and the places of the values. */
#include "base/json.h"

#include <string.h>

enum { NUMBER_MAX = 63 }; /* bytes of a number's literal; the limit of cJSON */

struct scan {
	const char *text;
	size_t length;
	size_t at;
	const char *why; /* NULL: no error so far */
	unsigned depth;
	unsigned values;
};

static bool refuse(struct scan *s, const char *why)
{
	s->why = why;
	return false;
}

/* Returns the current byte. The end of the text reads as NUL, which no rule accepts. */
static char peek(const struct scan *s)
{
	return s->at < s->length ? s->text[s->at] : '\0';
}

static bool accept(struct scan *s, char byte)
{
	if (peek(s) != byte)
		return false;
	s->at++;
	return true;
}

static void skip_space(struct scan *s)
{
	while (s->at < s->length && (s->text[s->at] == ' ' || s->text[s->at] == '\n' ||
	                             s->text[s->at] == '\t' || s->text[s->at] == '\r'))
		s->at++;
}

static bool is_digit(char byte)
{
	return byte >= '0' && byte <= '9';
}

static bool scan_digits(struct scan *s)
{
	if (!is_digit(peek(s)))
		return refuse(s, "a digit is missing");
	while (is_digit(peek(s)))
		s->at++;
	return true;
}

static bool scan_number(struct scan *s)
{
	const size_t start = s->at;

	accept(s, '-');
	if (accept(s, '0')) {
		if (is_digit(peek(s)))
			return refuse(s, "a number has a leading zero");
	} else if (!scan_digits(s)) {
		return false;
	}
	if (accept(s, '.') && !scan_digits(s))
		return false;
	if (accept(s, 'e') || accept(s, 'E')) {
		if (!accept(s, '+'))
			accept(s, '-');
		if (!scan_digits(s))
			return false;
	}
	return s->at - start <= NUMBER_MAX || refuse(s, "a number is too long");
}

/* Reads four hexadecimal digits. Returns -1 if the text has something else. */
static int hex4(const struct scan *s)
{
	int value = 0;

	if (s->length - s->at < 4)
		return -1;
	for (size_t i = 0; i < 4; i++) {
		const char c = s->text[s->at + i], lower = (char)(c | 0x20);
		if (is_digit(c))
			value = value * 16 + (c - '0');
		else if (lower >= 'a' && lower <= 'f')
			value = value * 16 + (lower - 'a' + 10);
		else
			return -1;
	}
	return value;
}

/* Scans the rest after \u: one code unit, or a surrogate pair. */
static bool scan_unicode(struct scan *s)
{
	const int unit = hex4(s);

	if (unit < 0)
		return refuse(s, "an escape is broken");
	if (unit == 0)
		return refuse(s, "a string holds NUL");
	s->at += 4;
	if (unit < 0xd800 || unit > 0xdfff)
		return true;
	if (unit > 0xdbff || !accept(s, '\\') || !accept(s, 'u') || hex4(s) < 0xdc00 ||
	    hex4(s) > 0xdfff)
		return refuse(s, "a surrogate stands alone");
	s->at += 4;
	return true;
}

static bool scan_escape(struct scan *s)
{
	if (accept(s, 'u'))
		return scan_unicode(s);
	if (peek(s) == '\0' || !strchr("\"\\/bfnrt", peek(s)))
		return refuse(s, "an escape is broken");
	s->at++;
	return true;
}

/* Accepts invalid UTF-8: such names exist, and nothing here depends on the encoding. */
static bool scan_string(struct scan *s)
{
	if (!accept(s, '"'))
		return refuse(s, "a string is missing");
	while (s->at < s->length) {
		if (accept(s, '"'))
			return true;
		if ((unsigned char)peek(s) < 0x20)
			return refuse(s, "a control character is not escaped");
		if (s->text[s->at++] == '\\' && !scan_escape(s))
			return false;
	}
	return refuse(s, "a string does not end");
}

static bool scan_word(struct scan *s, const char *word)
{
	const size_t length = strlen(word);

	if (s->length - s->at < length || memcmp(s->text + s->at, word, length) != 0)
		return refuse(s, "a value is missing");
	s->at += length;
	return true;
}

static bool scan_value(struct scan *s);

static bool scan_member(struct scan *s)
{
	if (!scan_string(s))
		return false;
	skip_space(s);
	if (!accept(s, ':'))
		return refuse(s, "a colon is missing");
	return scan_value(s);
}

/* Scans the rest of an array or object after its opening bracket. */
static bool scan_items(struct scan *s, char end, bool (*item)(struct scan *))
{
	if (++s->depth > JSON_DEPTH_MAX)
		return refuse(s, JSON_TOO_DEEP);
	skip_space(s);
	if (!accept(s, end)) {
		do {
			skip_space(s);
			if (!item(s))
				return false;
			skip_space(s);
		} while (accept(s, ','));
		if (!accept(s, end))
			return refuse(s, "a comma or closing bracket is missing");
	}
	s->depth--;
	return true;
}

static bool scan_value(struct scan *s)
{
	skip_space(s);
	if (++s->values > JSON_VALUES_MAX)
		return refuse(s, JSON_TOO_MANY);
	switch (peek(s)) {
	case '{':
		s->at++;
		return scan_items(s, '}', scan_member);
	case '[':
		s->at++;
		return scan_items(s, ']', scan_value);
	case '"':
		return scan_string(s);
	case 't':
		return scan_word(s, "true");
	case 'f':
		return scan_word(s, "false");
	case 'n':
		return scan_word(s, "null");
	default:
		if (peek(s) != '-' && !is_digit(peek(s)))
			return refuse(s, "a value is missing");
		return scan_number(s);
	}
}

bool json_check(const char *text, size_t length, const char **why, size_t *at)
{
	struct scan s = { .text = text, .length = length };

	if (scan_value(&s)) {
		skip_space(&s);
		if (s.at < length)
			refuse(&s, "more follows after the value");
	}
	*why = s.why;
	*at = s.at;
	return !s.why;
}

struct json_span json_document(const char *text, size_t length)
{
	struct scan s = { .text = text, .length = length };

	skip_space(&s);
	const size_t start = s.at;
	scan_value(&s);
	return (struct json_span){ start, s.at - start };
}

/* Decodes one character inside a string, with its escapes, to UTF-8. Returns the number of
 * bytes. */
static size_t decode_unit(struct scan *s, char out[4])
{
	static const char letters[] = "bfnrt", meant[] = "\b\f\n\r\t";

	if (!accept(s, '\\')) {
		out[0] = s->text[s->at++];
		return 1;
	}
	if (!accept(s, 'u')) {
		const char *letter = strchr(letters, s->text[s->at]);
		out[0] = letter ? meant[letter - letters] : s->text[s->at];
		s->at++;
		return 1;
	}
	unsigned code = (unsigned)hex4(s);
	s->at += 4;
	if (code >= 0xd800 && code <= 0xdbff) {
		s->at += 2;
		code = 0x10000 + ((code & 0x3ff) << 10) + ((unsigned)hex4(s) & 0x3ff);
		s->at += 4;
	}
	if (code < 0x80) {
		out[0] = (char)code;
		return 1;
	}
	const size_t size = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
	for (size_t i = size - 1; i > 0; i--, code >>= 6)
		out[i] = (char)(0x80 | (code & 0x3f));
	out[0] = (char)((0xf00U >> size & 0xf0) | code);
	return size;
}

/* Takes the current string. */
static struct json_span string_span(struct scan *s)
{
	const size_t start = s->at;

	scan_string(s);
	return (struct json_span){ start, s->at - start };
}

bool json_next_member(const char *text, struct json_span object, struct json_walk *w)
{
	struct scan s = { .text = text, .length = object.at + object.length, .at = w->at };

	if (!w->at) {
		s.at = object.at;
		if (!accept(&s, '{'))
			return false;
	} else if (skip_space(&s), !accept(&s, ','))
		return false;
	skip_space(&s);
	if (peek(&s) != '"')
		return false; /* an empty object */
	w->name = string_span(&s);
	skip_space(&s);
	accept(&s, ':');
	skip_space(&s);
	const size_t start = s.at;
	scan_value(&s);
	w->value = (struct json_span){ start, s.at - start };
	w->at = s.at;
	return true;
}

bool json_text_is(const char *text, struct json_span value, const char *wanted)
{
	struct scan s = { .text = text, .length = value.at + value.length, .at = value.at };
	bool same = accept(&s, '"');

	while (same && peek(&s) != '"') {
		char unit[4];
		const size_t size = decode_unit(&s, unit);
		same = strncmp(wanted, unit, size) == 0;
		wanted += same ? size : 0;
	}
	return same && *wanted == '\0';
}

bool json_text_copy(const char *text, struct json_span value, char *out, size_t size)
{
	struct scan s = { .text = text, .length = value.at + value.length, .at = value.at };
	size_t length = 0;

	if (!accept(&s, '"'))
		return false;
	while (peek(&s) != '"') {
		char unit[4];
		const size_t n = decode_unit(&s, unit);
		if (n >= size - length)
			return false;
		memcpy(out + length, unit, n);
		length += n;
	}
	out[length] = '\0';
	return true;
}

bool json_find(const char *text, struct json_span object, const char *name, struct json_span *value)
{
	struct json_walk w = { .at = 0 };
	bool found = false;

	while (json_next_member(text, object, &w)) {
		if (!json_text_is(text, w.name, name))
			continue;
		*value = w.value;
		found = true;
	}
	return found;
}
