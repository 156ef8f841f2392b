/* SPDX-License-Identifier: Apache-2.0 */
/* UTF-8 by the table of well-formed sequences (RFC 3629, section 4). */
#include "base/utf8.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static const char replacement[] = "\xef\xbf\xbd"; /* U+FFFD */

static const struct {
	uint8_t first[2];  /* from and to */
	uint8_t second[2]; /* the later bytes are 80 to bf */
	size_t length;
} forms[] = {
	{ { 0xc2, 0xdf }, { 0x80, 0xbf }, 2 }, { { 0xe0, 0xe0 }, { 0xa0, 0xbf }, 3 },
	{ { 0xe1, 0xec }, { 0x80, 0xbf }, 3 }, { { 0xed, 0xed }, { 0x80, 0x9f }, 3 },
	{ { 0xee, 0xef }, { 0x80, 0xbf }, 3 }, { { 0xf0, 0xf0 }, { 0x90, 0xbf }, 4 },
	{ { 0xf1, 0xf3 }, { 0x80, 0xbf }, 4 }, { { 0xf4, 0xf4 }, { 0x80, 0x8f }, 4 },
};

static bool is_between(char byte, const uint8_t range[2])
{
	return (uint8_t)byte >= range[0] && (uint8_t)byte <= range[1];
}

/* Returns the bytes of the first character, or 0 if the text begins with no valid character. */
static size_t character_length(const char *text)
{
	static const uint8_t rest[2] = { 0x80, 0xbf };

	if ((uint8_t)*text < 0x80)
		return 1;
	for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
		if (!is_between(text[0], forms[i].first))
			continue;
		size_t length = is_between(text[1], forms[i].second) ? 2 : 0;
		while (length && length < forms[i].length)
			length = is_between(text[length], rest) ? length + 1 : 0;
		return length;
	}
	return 0;
}

static size_t broken_bytes(const char *text)
{
	size_t broken = 0;

	while (*text) {
		const size_t length = character_length(text);
		broken += length == 0;
		text += length ? length : 1;
	}
	return broken;
}

char *utf8_repair(char *text)
{
	const size_t broken = text ? broken_bytes(text) : 0;

	if (!broken)
		return text;
	char *whole = malloc(strlen(text) + broken * (sizeof replacement - 2) + 1), *to = whole;
	for (const char *from = text; whole && *from;) {
		const size_t length = character_length(from);
		const char *taken = length ? from : replacement;
		const size_t size = length ? length : sizeof replacement - 1;
		memcpy(to, taken, size);
		to += size;
		from += length ? length : 1;
	}
	if (whole)
		*to = '\0';
	free(text);
	return whole;
}
