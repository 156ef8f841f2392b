/* SPDX-License-Identifier: Apache-2.0 */
/* The form of older generations of podtap-ipam, with an index of version 1: they had another hash.
 * We only read this form. */
#ifndef IPAM_FORMER_H
#define IPAM_FORMER_H

#include <stddef.h>
#include <stdint.h>

/* Hash a text with FNV-1a and a final mix. Older generations used it for names of directories, for
 * marks and for the rows of the sticky table. */
uint64_t former_text_hash(const char *text);

/* Continue a checksum of the sticky table. */
uint64_t former_sum(uint64_t sum, const uint8_t *bytes, size_t n);

#endif
