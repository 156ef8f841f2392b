/* SPDX-License-Identifier: Apache-2.0 */
/* XXH64, from the header of libxxhash, without linking the library. */
#include "base/hash.h"

#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

uint64_t bytes_hash(const void *bytes, size_t n, uint64_t seed)
{
	return XXH64(bytes, n, seed);
}

uint64_t text_hash(const char *text)
{
	return XXH64(text, strlen(text), 0);
}
