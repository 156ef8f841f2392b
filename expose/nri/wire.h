/* SPDX-License-Identifier: Apache-2.0 */
/* One number out of a protobuf message read as it comes: everything else is passed over, however
 * much it is. */
#ifndef EXPOSE_NRI_WIRE_H
#define EXPOSE_NRI_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Zeroed but for the first two: before the first byte. */
struct wire {
	uint32_t outer; /* the field that holds the message */
	uint32_t inner; /* the field in it, a number */
	uint64_t found; /* its value; 0: not met yet */

	uint64_t position;
	uint64_t skip_to;   /* bytes before this are passed over */
	uint64_t inner_end; /* where the message within ends; 0: outside of it */
	uint64_t varint;
	unsigned shift;
	uint64_t key; /* 0: one is to come next */
};

/* Takes the next bytes; false where this is no protobuf message. */
bool wire_take(struct wire *w, const uint8_t *bytes, size_t n);

/* Whether the message may end here. */
bool wire_ended(const struct wire *w);

#endif
