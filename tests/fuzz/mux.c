/* SPDX-License-Identifier: Apache-2.0 */
/* NRI's multiplexing: what the connections get does not depend on how the bytes came.
 *
 * Reads with: expose/nri/mux.c */
#include "expose/nri/mux.h"
#include "tests/fuzz/fuzz.h"

#include <stdbool.h>

struct heard {
	uint64_t sum[3]; /* by connection: order and value of its bytes */
	size_t bytes;
};

static int received(void *data, uint32_t connection, const uint8_t *bytes, size_t n,
                    struct failure *f)
{
	struct heard *h = data;

	(void)f;
	PROMISE(connection == MUX_PLUGIN || connection == MUX_RUNTIME);
	for (size_t i = 0; i < n; i++)
		h->sum[connection] = h->sum[connection] * 31 + bytes[i];
	h->bytes += n;
	return 0;
}

/* Takes the input in pieces of this size; whether all of it was NRI. */
static bool hear(const uint8_t *data, size_t size, size_t piece, struct heard *h)
{
	struct failure f = { 0 };
	struct mux m = { .received = received, .data = h };

	for (size_t n; size; data += n, size -= n) {
		n = size < piece ? size : piece;
		if (mux_feed(&m, data, n, &f) < 0) {
			PROMISE(f.code == CNI_DECODE && *f.details);
			return false;
		}
	}
	PROMISE(m.have <= MUX_HEADER);
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct heard whole = { .bytes = 0 }, pieces = { .bytes = 0 };
	uint8_t header[MUX_HEADER];

	PROMISE(hear(data, size, SIZE_MAX, &whole) == hear(data, size, 1, &pieces));
	PROMISE(memcmp(&whole, &pieces, sizeof whole) == 0 && whole.bytes <= size);
	/* What we send, the other end takes as such. */
	struct heard sent = { .bytes = 0 };
	struct mux m = { .received = received, .data = &sent };
	struct failure f = { 0 };
	mux_header(header, MUX_RUNTIME, (uint32_t)(size % MUX_PIECE));
	PROMISE(mux_feed(&m, header, sizeof header, &f) == 0);
	PROMISE(mux_feed(&m, data, size % MUX_PIECE, &f) == 0 && m.have == 0);
	PROMISE(sent.bytes == size % MUX_PIECE && sent.sum[MUX_PLUGIN] == 0);
	return 0;
}
