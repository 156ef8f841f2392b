/* SPDX-License-Identifier: Apache-2.0 */
/* The one hash: XXH64. It serves tables, checksums against damage, and names. Two texts may have
 * the same hash. Files contain the hash: the index, the sticky table, marks, and names of
 * directories. So a change of the hash needs a new version of each of these. Stable MAC addresses
 * must never change. */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

uint64_t bytes_hash(const void *bytes, size_t n, uint64_t seed);

/* Hash a text with the seed 0, as KubeVirt does for the names of its links. */
uint64_t text_hash(const char *text);

/* Compare two hashes, for qsort() and bsearch(). */
static inline int hash_compare(const void *a, const void *b)
{
	const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

#endif
