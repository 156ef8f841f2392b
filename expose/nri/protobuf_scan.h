/* SPDX-License-Identifier: Apache-2.0 */
/* Finds one number in a protobuf message whose bytes arrive in parts. Keeps no other byte of it. */
#ifndef EXPOSE_NRI_PROTOBUF_SCAN_H
#define EXPOSE_NRI_PROTOBUF_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Before the first byte, all is zero except the first two members. */
struct protobuf_scan {
	uint32_t outer; /* the field that holds the message */
	uint32_t inner; /* the field in it, a number */
	uint64_t found; /* its value; 0: not found yet */

	uint64_t position;
	uint64_t skip_to;   /* the bytes before this position are skipped */
	uint64_t inner_end; /* where the inner message ends; 0: the position is outside of it */
	uint64_t varint;
	unsigned shift;
	uint64_t key; /* 0: a key is next */
};

/* Reads the next bytes. Returns false if this is no protobuf message. */
bool protobuf_scan_feed(struct protobuf_scan *s, const uint8_t *bytes, size_t n);

/* Returns whether the message may end here. */
bool protobuf_scan_complete(const struct protobuf_scan *s);

#endif
