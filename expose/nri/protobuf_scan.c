/* SPDX-License-Identifier: Apache-2.0 */
/* Scanning a protobuf message. */
#include "expose/nri/protobuf_scan.h"

#include <stdlib.h>
#include <string.h>

enum wire_type { VARINT = 0, FIXED64 = 1, BYTES = 2, FIXED32 = 5 };

static bool skip(struct protobuf_scan *s, uint64_t length)
{
	/* No message is longer. An inner field ends before its message does. */
	if (length > UINT32_MAX || (s->inner_end && s->position + length > s->inner_end))
		return false;
	s->skip_to = s->position + length;
	return true;
}

/* Make room for the part that begins. One that is too long is counted, and not kept. */
static bool part_begin(struct protobuf_scan *s, uint32_t field, uint64_t length)
{
	if (!skip(s, length))
		return false;
	s->field = field;
	s->length = 0;
	if (length <= s->room || length > PROTOBUF_PART_MAX)
		return true;
	uint8_t *kept = realloc(s->kept, length);
	if (kept) {
		s->kept = kept;
		s->room = length;
	}
	return true;
}

static void part_keep(struct protobuf_scan *s, const uint8_t *bytes, size_t n)
{
	if (s->length + n <= s->room)
		memcpy(s->kept + s->length, bytes, n);
	s->length += n;
}

static void part_end(struct protobuf_scan *s)
{
	static const uint8_t nothing[1];
	const uint8_t *bytes = s->length ? s->kept : nothing;

	s->part(s->data, s->field, s->length <= s->room ? bytes : NULL, s->length);
	s->field = 0;
}

void protobuf_scan_release(struct protobuf_scan *s)
{
	free(s->kept);
	s->kept = NULL;
	s->room = 0;
}

static bool key_read(struct protobuf_scan *s, uint64_t key)
{
	if (key >> 3 == 0)
		return false;
	switch (key & 7) {
	case VARINT:
	case BYTES:
		s->key = key;
		return true;
	case FIXED64:
		return skip(s, 8);
	case FIXED32:
		return skip(s, 4);
	default:
		return false;
	}
}

/* Reads a complete number: a key, a field's value, or a field's length. */
static bool varint_read(struct protobuf_scan *s, uint64_t value)
{
	const uint64_t key = s->key;

	if (!key)
		return key_read(s, value);
	s->key = 0;
	if ((key & 7) == VARINT) {
		if (s->inner_end && key >> 3 == s->inner)
			s->found = value;
		return true;
	}
	if (s->inner_end && s->part && key >> 3 < s->inner)
		return part_begin(s, (uint32_t)(key >> 3), value);
	if (s->inner_end || key >> 3 != s->outer)
		return skip(s, value);
	s->inner_end = value && value <= UINT32_MAX ? s->position + value : 0;
	return value <= UINT32_MAX;
}

static bool byte_read(struct protobuf_scan *s, uint8_t byte)
{
	if (s->shift > 63)
		return false;
	s->varint |= (uint64_t)(byte & 0x7f) << s->shift;
	s->shift += 7;
	if (byte & 0x80)
		return true;
	const uint64_t value = s->varint;
	s->varint = 0;
	s->shift = 0;
	return varint_read(s, value);
}

bool protobuf_scan_complete(const struct protobuf_scan *s)
{
	return !s->key && !s->shift && !s->inner_end && s->position >= s->skip_to;
}

bool protobuf_scan_feed(struct protobuf_scan *s, const uint8_t *bytes, size_t n)
{
	while (n) {
		size_t step = 1;
		if (s->position < s->skip_to) {
			const uint64_t left = s->skip_to - s->position;
			step = left < n ? (size_t)left : n;
			s->position += step;
			if (s->field)
				part_keep(s, bytes, step);
		} else {
			s->position++;
			if (!byte_read(s, *bytes))
				return false;
		}
		if (s->field && s->position >= s->skip_to)
			part_end(s);
		if (s->inner_end && s->position >= s->inner_end) {
			if (s->position > s->inner_end || s->key || s->shift)
				return false;
			s->inner_end = 0;
		}
		bytes += step;
		n -= step;
	}
	return true;
}
