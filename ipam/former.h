/* SPDX-License-Identifier: Apache-2.0 */
/* What older generations of podtap-ipam wrote, with an index of version 1: their hash was another
 * one. Nothing is written in this form. */
#ifndef IPAM_FORMER_H
#define IPAM_FORMER_H

#include <stddef.h>
#include <stdint.h>

/* FNV-1a with a final mix: named directories, marks and the rows of the sticky table. */
uint64_t former_text_hash(const char *text);

/* Continue a checksum of the sticky table. */
uint64_t former_sum(uint64_t sum, const uint8_t *bytes, size_t n);

#endif
