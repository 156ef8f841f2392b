/* SPDX-License-Identifier: Apache-2.0 */
/* The values that the guard's maps hold. */
#include "netns/guard_value.h"

#include <string.h>

struct guard_address guard_address_of(const struct ip *ip)
{
	struct guard_address address = { { 0 } };
	const size_t size = ip_size(ip);

	if (ip->family == AF_INET)
		memset(address.byte + 10, 0xff, 2);
	memcpy(address.byte + sizeof address.byte - size, ip->byte, size);
	return address;
}

struct guard_address guard_link_local(const struct mac *mac)
{
	struct guard_address address = { { 0xfe, 0x80 } };
	uint8_t *id = address.byte + 8;

	memcpy(id, mac->byte, 3);
	id[0] ^= 2; /* the bit for a universal address has the opposite meaning there */
	id[3] = 0xff;
	id[4] = 0xfe;
	memcpy(id + 5, mac->byte + 3, 3);
	return address;
}

struct guard_limit guard_limit_of(uint64_t rate, uint64_t burst)
{
	const uint64_t least = 1000000, most = 1000000000000, second = 1000000000;

	if (!rate || rate > most)
		return (struct guard_limit){ .pace = 0 };
	if (!burst)
		burst = rate / 10;
	if (burst > rate)
		burst = rate;
	if (burst < least)
		burst = least;
	return (struct guard_limit){
		.pace = (8 * second << GUARD_PACE_SHIFT) / rate + 1,
		.burst = burst * 1000000 / rate * 1000,
	};
}

const char *guard_reason_name(enum guard_reason reason)
{
	static const char *const names[GUARD_REASONS] = {
		[GUARD_MAC] = "mac",
		[GUARD_ADDRESS] = "address",
		[GUARD_CLAIM] = "claim",
		[GUARD_DHCP] = "dhcpServer",
		[GUARD_RA] = "routerAdvertisement",
		[GUARD_PROTOCOL] = "protocol",
		[GUARD_MALFORMED] = "malformed",
		[GUARD_BYPASS] = "bypass",
		[GUARD_SENT] = "egressRate",
		[GUARD_RECEIVED] = "ingressRate",
	};

	return names[reason];
}
