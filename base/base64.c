/* SPDX-License-Identifier: Apache-2.0 */
/* Base64. */
#include "base/base64.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

char *base64_encode(const void *bytes, size_t n)
{
	const uint8_t *from = bytes;
	char *text = malloc((n + 2) / 3 * 4 + 1), *to = text;

	if (!text)
		return NULL;
	for (size_t i = 0; i < n; i += 3) {
		const size_t left = n - i;
		const uint32_t three = (uint32_t)from[i] << 16 |
		                       (left > 1 ? (uint32_t)from[i + 1] << 8 : 0) |
		                       (left > 2 ? from[i + 2] : 0);
		*to++ = digits[three >> 18];
		*to++ = digits[three >> 12 & 63];
		*to++ = left > 1 ? digits[three >> 6 & 63] : '=';
		*to++ = left > 2 ? digits[three & 63] : '=';
	}
	*to = '\0';
	return text;
}

/* The four digits that are collected. */
struct quartet {
	uint32_t value;
	unsigned digits;
	unsigned padding;
};

/* Adds a character. Returns whether it may stand there. */
static bool quartet_add(struct quartet *q, char character)
{
	const char *digit = strchr(digits, character);

	if (character == '=' && q->digits >= 2)
		q->padding++;
	else if (!digit || q->padding > 0)
		return false;
	q->value = q->value << 6 | (digit ? (uint32_t)(digit - digits) : 0);
	q->digits++;
	return true;
}

/* Returns how many bytes a complete quartet has, or 0 if bits that no byte has are set. */
static size_t quartet_bytes(const struct quartet *q, uint8_t bytes[3])
{
	const size_t n = 3 - q->padding;

	for (size_t i = 0; i < 3; i++)
		bytes[i] = (uint8_t)(q->value >> (16 - 8 * i));
	for (size_t i = n; i < 3; i++)
		if (bytes[i])
			return 0;
	return n;
}

char *base64_decode(const char *text, size_t max, size_t *n)
{
	OWNED(text_release) char *bytes = malloc(strlen(text) / 4 * 3 + 1);
	struct quartet q = { 0 };
	bool ended = false;

	*n = 0;
	if (!bytes)
		return NULL;
	for (; *text; text++) {
		uint8_t three[3];
		if (*text == '\n' || *text == '\r')
			continue;
		if (ended || !quartet_add(&q, *text))
			return errno = EBADMSG, NULL;
		if (q.digits < 4)
			continue;
		const size_t got = quartet_bytes(&q, three);
		if (got == 0)
			return errno = EBADMSG, NULL;
		memcpy(bytes + *n, three, got);
		*n += got;
		ended = q.padding > 0;
		q = (struct quartet){ 0 };
	}
	if (q.digits)
		return errno = EBADMSG, NULL;
	if (*n > max)
		return errno = EFBIG, NULL;
	bytes[*n] = '\0';
	return text_take(&bytes);
}
