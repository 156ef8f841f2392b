/* SPDX-License-Identifier: Apache-2.0 */
/* Deriving MAC addresses from names. */
#include "base/stable_mac.h"

#include "base/hash.h"

#include <stdio.h>
#include <string.h>

enum { OWNER_TEXT = 1024, LINE_FEEDS = 3 };

static size_t line_feeds(const char *text)
{
	size_t n = 0;

	for (; *text; text++)
		n += *text == '\n';
	return n;
}

bool stable_mac(const struct mac_owner *owner, struct mac *out)
{
	char text[OWNER_TEXT];
	const int length = snprintf(text, sizeof text, "%s\n%s\n%s\n%s", owner->network,
	                            owner->space, owner->name, owner->ifname);

	if (length < 0 || (size_t)length >= sizeof text || line_feeds(text) != LINE_FEEDS)
		return false;
	const uint64_t hash = bytes_hash(text, (size_t)length, 0);
	for (size_t i = 0; i < sizeof out->byte; i++)
		out->byte[i] = (uint8_t)(hash >> (56 - 8 * i));
	out->byte[0] = (uint8_t)((out->byte[0] & 0xfc) | 0x02); /* unicast, locally administered */
	return true;
}
