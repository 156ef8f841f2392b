/* SPDX-License-Identifier: Apache-2.0 */
/* Putting ttrpc's frames together. */
#include "expose/ttrpc/ttrpc.h"

#include <stdio.h>
#include <string.h>

enum { ROOM_FIRST = 1024 };

static void message_forget(struct ttrpc *t)
{
	free(t->message);
	t->message = NULL;
	t->length = t->room = 0;
	t->passing = false;
}

void ttrpc_release(struct ttrpc *t)
{
	message_forget(t);
}

static int header_check(struct ttrpc *t, struct failure *f)
{
	char details[64];

	t->left = big_endian_read(t->header);
	t->stream = big_endian_read(t->header + 4);
	if (t->left > TTRPC_MAX)
		snprintf(details, sizeof details, "a message of %u bytes", t->left);
	else if (t->header[8] != t->type)
		snprintf(details, sizeof details, "a message of type %u", t->header[8]);
	else if (t->stream % 2 == 0)
		snprintf(details, sizeof details, "a message of stream %u", t->stream);
	else
		return 0;
	return fail(f, CNI_DECODE, details, "the runtime does not speak ttrpc");
}

/* Makes room as the message comes, not for what its header promises. */
static int message_append(struct ttrpc *t, const uint8_t *bytes, size_t n, struct failure *f)
{
	size_t room = t->room ? t->room : ROOM_FIRST;

	while (room < t->length + n)
		room *= 2;
	if (room != t->room) {
		uint8_t *grown = realloc(t->message, room);
		if (!grown)
			return fail_errno(f, ENOMEM, "read a message of the runtime");
		t->message = grown;
		t->room = room;
	}
	memcpy(t->message + t->length, bytes, n);
	t->length += n;
	return 0;
}

static int message_pass(struct ttrpc *t, const uint8_t *bytes, size_t n, struct failure *f)
{
	const struct ttrpc_frame frame = { t->stream, t->type, bytes, n, t->left == 0 };

	return t->piece(t->data, &frame, f);
}

static int message_feed(struct ttrpc *t, const uint8_t *bytes, size_t n, struct failure *f)
{
	t->left -= (uint32_t)n;
	if (t->passing)
		return message_pass(t, bytes, n, f);
	if (message_append(t, bytes, n, f) < 0)
		return -1;
	if (t->passed && t->length >= t->passed_length &&
	    memcmp(t->message, t->passed, t->passed_length) == 0) {
		t->passing = true;
		return message_pass(t, t->message, t->length, f);
	}
	if (t->left)
		return 0;
	const struct ttrpc_frame frame = { t->stream, t->type, t->message, t->length, true };
	return t->whole(t->data, &frame, f);
}

int ttrpc_feed(struct ttrpc *t, const uint8_t *bytes, size_t n, struct failure *f)
{
	while (n) {
		const bool head = t->have < TTRPC_HEADER;
		const size_t wanted = head ? TTRPC_HEADER - t->have : t->left;
		const size_t step = wanted < n ? wanted : n;

		if (head) {
			memcpy(t->header + t->have, bytes, step);
			t->have += step;
			if (t->have == TTRPC_HEADER && header_check(t, f) < 0)
				return -1;
		}
		/* An empty message is complete with its header. */
		if ((!head || (t->have == TTRPC_HEADER && t->left == 0)) &&
		    message_feed(t, bytes, head ? 0 : step, f) < 0)
			return -1;
		if (t->have == TTRPC_HEADER && t->left == 0) {
			message_forget(t);
			t->have = 0;
		}
		bytes += step;
		n -= step;
	}
	return 0;
}

void ttrpc_header(uint8_t header[static TTRPC_HEADER], uint32_t stream, enum ttrpc_type type,
                  uint32_t length)
{
	big_endian_write(header, length);
	big_endian_write(header + 4, stream);
	header[8] = (uint8_t)type;
	header[9] = 0;
}
