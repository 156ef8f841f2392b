/* SPDX-License-Identifier: Apache-2.0 */
/* Separating the socket's bytes by connection. */
#include "expose/nri/mux.h"

#include "expose/ttrpc/ttrpc.h"

#include <stdio.h>
#include <string.h>

static uint32_t connection_of(const struct mux *m)
{
	return big_endian_read(m->header);
}

static int header_check(struct mux *m, struct failure *f)
{
	const uint32_t connection = connection_of(m);
	char details[64];

	m->left = big_endian_read(m->header + 4);
	if (connection != MUX_PLUGIN && connection != MUX_RUNTIME)
		snprintf(details, sizeof details, "a frame of connection %u", connection);
	else if (m->left > TTRPC_HEADER + TTRPC_MAX)
		snprintf(details, sizeof details, "a frame of %u bytes", m->left);
	else
		return 0;
	return fail(f, CNI_DECODE, details, "the runtime does not speak NRI");
}

int mux_feed(struct mux *m, const uint8_t *bytes, size_t n, struct failure *f)
{
	while (n) {
		const size_t wanted = m->have < MUX_HEADER ? MUX_HEADER - m->have : m->left;
		const size_t step = wanted < n ? wanted : n;

		if (m->have < MUX_HEADER) {
			memcpy(m->header + m->have, bytes, step);
			m->have += step;
			if (m->have == MUX_HEADER && header_check(m, f) < 0)
				return -1;
		} else {
			m->left -= (uint32_t)step;
			if (m->received(m->data, connection_of(m), bytes, step, f) < 0)
				return -1;
		}
		if (m->have == MUX_HEADER && m->left == 0)
			m->have = 0;
		bytes += step;
		n -= step;
	}
	return 0;
}

void mux_header(uint8_t header[static MUX_HEADER], uint32_t connection, uint32_t length)
{
	big_endian_write(header, connection);
	big_endian_write(header + 4, length);
}
