/* SPDX-License-Identifier: Apache-2.0 */
/* NRI's multiplexing: several connections over one socket, in frames of a header (connection and
 * length, big-endian) and a payload. */
#ifndef EXPOSE_NRI_MUX_H
#define EXPOSE_NRI_MUX_H

#include "base/failure.h"
#include "base/owned.h"

#include <stddef.h>
#include <stdint.h>

/* The connections, named after the side that serves on them. */
enum { MUX_PLUGIN = 1, MUX_RUNTIME = 2 };

enum {
	MUX_HEADER = 8,
	/* The largest payload that is sent. The peer reads a frame into a buffer of this size, and
	 * closes the connection if it does not fit. */
	MUX_PIECE = 4096,
};

struct mux { /* zeroed: before the first frame */
	uint8_t header[MUX_HEADER];
	size_t have;   /* bytes of the header */
	uint32_t left; /* bytes of the payload that are still expected */
	/* Called for each received part of a payload, with its connection. */
	int (*received)(void *data, uint32_t connection, const uint8_t *bytes, size_t n,
	                struct failure *f);
	void *data;
};

/* Adds received bytes. CNI_DECODE: a frame of an unknown connection, or longer than any message.
 * Also returns the failures of received(). */
int mux_feed(struct mux *m, const uint8_t *bytes, size_t n, struct failure *f) MUST_CHECK;

/* Writes a frame's header. */
void mux_header(uint8_t header[static MUX_HEADER], uint32_t connection, uint32_t length);

#endif
