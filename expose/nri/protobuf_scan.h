/* SPDX-License-Identifier: Apache-2.0 */
/* Finds one number in a protobuf message whose bytes arrive in parts, and the messages within it,
 * one by one. Keeps one of these at most, and no other byte. */
#ifndef EXPOSE_NRI_PROTOBUF_SCAN_H
#define EXPOSE_NRI_PROTOBUF_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PROTOBUF_PART_MAX = 1 << 20 };

/* Before the first byte, all is zero except the first group of members. */
struct protobuf_scan {
	uint32_t outer; /* the field that holds the message */
	uint32_t inner; /* the field in it, a number */
	/* Receives the fields in it with smaller numbers, which are messages; bytes NULL: one that
	 * is longer than PROTOBUF_PART_MAX. NULL: they are skipped. */
	void (*part)(void *data, uint32_t field, const uint8_t *bytes, size_t n);
	void *data;

	uint64_t found; /* the number's value; 0: not found yet */

	uint64_t position;
	uint64_t skip_to;   /* the bytes before this position are skipped */
	uint64_t inner_end; /* where the inner message ends; 0: the position is outside of it */
	uint64_t varint;
	unsigned shift;
	uint64_t key;   /* 0: a key is next */
	uint32_t field; /* of the part that is received; 0: none is */
	uint8_t *kept;  /* its bytes, owned */
	size_t length;
	size_t room;
};

void protobuf_scan_release(struct protobuf_scan *s);

/* Reads the next bytes. Returns false if this is no protobuf message. */
bool protobuf_scan_feed(struct protobuf_scan *s, const uint8_t *bytes, size_t n);

/* Returns whether the message may end here. */
bool protobuf_scan_complete(const struct protobuf_scan *s);

#endif
