/* SPDX-License-Identifier: Apache-2.0 */
/* ttrpc's frames, those kept whole and those passed on (where one number is looked for): what comes
 * of them does not depend on how the bytes came.
 *
 * Reads with: expose/ttrpc/ttrpc.c */
#include "expose/ttrpc/ttrpc.h"
#include "expose/nri/protobuf_scan.h"
#include "tests/fuzz/fuzz.h"

static const char passed[] = "\x0a\x01S";
static const struct protobuf_scan looking = { .outer = 3, .inner = 3 };

struct heard {
	uint64_t sum; /* of the frames, in order */
	size_t bytes; /* of those kept whole */
	struct protobuf_scan scan;
	bool wrong; /* a frame passed on was no protobuf */
};

static int whole(void *data, const struct ttrpc_frame *frame, struct failure *f)
{
	struct heard *h = data;

	(void)f;
	PROMISE(frame->length <= TTRPC_MAX && frame->last && frame->stream % 2 == 1);
	h->bytes += frame->length;
	h->sum = h->sum * 31 + frame->stream + frame->length;
	for (size_t i = 0; i < frame->length; i++)
		h->sum = h->sum * 31 + frame->message[i];
	return 0;
}

static int piece(void *data, const struct ttrpc_frame *frame, struct failure *f)
{
	struct heard *h = data;

	(void)f;
	h->wrong |= !protobuf_scan_feed(&h->scan, frame->message, frame->length);
	if (!frame->last)
		return 0;
	h->wrong |= !protobuf_scan_complete(&h->scan);
	h->sum = h->sum * 31 + (h->wrong ? 1 : 2 + h->scan.found);
	h->scan = looking;
	h->wrong = false;
	return 0;
}

static bool hear(const uint8_t *data, size_t size, size_t step, struct heard *h)
{
	struct failure f = { 0 };
	OWNED(ttrpc_release)
	struct ttrpc t = { .type = TTRPC_REQUEST,
		           .passed = passed,
		           .passed_length = sizeof passed - 1,
		           .whole = whole,
		           .piece = piece,
		           .data = h };

	for (size_t n; size; data += n, size -= n) {
		n = size < step ? size : step;
		if (ttrpc_feed(&t, data, n, &f) < 0) {
			PROMISE(f.code == CNI_DECODE && *f.details);
			return false;
		}
		PROMISE(t.room <= 2 * (t.length + 1024)); /* no more than came */
	}
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct heard at_once = { .scan = looking }, in_pieces = { .scan = looking };
	uint8_t header[TTRPC_HEADER];

	PROMISE(hear(data, size, SIZE_MAX, &at_once) == hear(data, size, 1, &in_pieces));
	PROMISE(at_once.sum == in_pieces.sum && at_once.bytes == in_pieces.bytes);
	PROMISE(at_once.bytes <= size);
	/* What we send, the other end takes as such. */
	if (size <= TTRPC_MAX && (size < 3 || memcmp(data, passed, 3) != 0)) {
		struct heard sent = { .scan = looking };
		OWNED(text_release) char *text = malloc(TTRPC_HEADER + size);
		PROMISE(text);
		ttrpc_header(header, 7, TTRPC_REQUEST, (uint32_t)size);
		memcpy(text, header, TTRPC_HEADER);
		memcpy(text + TTRPC_HEADER, data, size);
		PROMISE(hear((const uint8_t *)text, TTRPC_HEADER + size, 1, &sent));
		PROMISE(sent.bytes == size);
	}
	return 0;
}
