/* SPDX-License-Identifier: Apache-2.0 */
/* Passing over a protobuf message. */
#include "expose/nri/wire.h"

enum wire_type { VARINT = 0, FIXED64 = 1, BYTES = 2, FIXED32 = 5 };

static bool skip(struct wire *w, uint64_t length)
{
	/* Longer than any message can be; within another one, it ends with that. */
	if (length > UINT32_MAX || (w->inner_end && w->position + length > w->inner_end))
		return false;
	w->skip_to = w->position + length;
	return true;
}

static bool key_take(struct wire *w, uint64_t key)
{
	if (key >> 3 == 0)
		return false;
	switch (key & 7) {
	case VARINT:
	case BYTES:
		w->key = key;
		return true;
	case FIXED64:
		return skip(w, 8);
	case FIXED32:
		return skip(w, 4);
	default:
		return false;
	}
}

/* A number that came whole: a key, a field's value, or the length of one. */
static bool varint_take(struct wire *w, uint64_t value)
{
	const uint64_t key = w->key;

	if (!key)
		return key_take(w, value);
	w->key = 0;
	if ((key & 7) == VARINT) {
		if (w->inner_end && key >> 3 == w->inner)
			w->found = value;
		return true;
	}
	if (w->inner_end || key >> 3 != w->outer)
		return skip(w, value);
	w->inner_end = value && value <= UINT32_MAX ? w->position + value : 0;
	return value <= UINT32_MAX;
}

static bool byte_take(struct wire *w, uint8_t byte)
{
	if (w->shift > 63)
		return false;
	w->varint |= (uint64_t)(byte & 0x7f) << w->shift;
	w->shift += 7;
	if (byte & 0x80)
		return true;
	const uint64_t value = w->varint;
	w->varint = 0;
	w->shift = 0;
	return varint_take(w, value);
}

bool wire_ended(const struct wire *w)
{
	return !w->key && !w->shift && !w->inner_end && w->position >= w->skip_to;
}

bool wire_take(struct wire *w, const uint8_t *bytes, size_t n)
{
	while (n) {
		size_t step = 1;
		if (w->position < w->skip_to) {
			const uint64_t left = w->skip_to - w->position;
			step = left < n ? (size_t)left : n;
			w->position += step;
		} else {
			w->position++;
			if (!byte_take(w, *bytes))
				return false;
		}
		if (w->inner_end && w->position >= w->inner_end) {
			if (w->position > w->inner_end || w->key || w->shift)
				return false;
			w->inner_end = 0;
		}
		bytes += step;
		n -= step;
	}
	return true;
}
