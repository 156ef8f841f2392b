/* SPDX-License-Identifier: Apache-2.0 */
/* The hash of older generations. */
#include "ipam/former.h"

#include <string.h>

uint64_t former_sum(uint64_t sum, const uint8_t *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		sum = (sum ^ bytes[i]) * 0x100000001b3u;
	return sum;
}

uint64_t former_text_hash(const char *text)
{
	uint64_t hash = former_sum(0xcbf29ce484222325u, (const uint8_t *)text, strlen(text));

	hash = (hash ^ hash >> 32) * 0x9e3779b97f4a7c15u;
	return hash ^ hash >> 29;
}
