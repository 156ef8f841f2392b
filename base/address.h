/* SPDX-License-Identifier: Apache-2.0 */
/* IP addresses, prefixes and MAC addresses as values: parsing, formatting, comparing. */
#ifndef BASE_ADDRESS_H
#define BASE_ADDRESS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { IP_TEXT = INET6_ADDRSTRLEN, CIDR_TEXT = INET6_ADDRSTRLEN + 4, MAC_TEXT = 18 };

struct ip {
	uint8_t family;   /* AF_INET or AF_INET6; 0: no address */
	uint8_t byte[16]; /* network order; AF_INET uses the first 4, the rest is zero */
};

struct cidr {
	struct ip ip;   /* host bits are kept */
	uint8_t prefix; /* bits */
};

struct mac {
	uint8_t byte[6];
};

/* Parse a textual address. IPv4-mapped IPv6 (::ffff:a.b.c.d) becomes IPv4. Zones, leading zeros in
 * a dotted quad and surrounding space are refused. Returns false, with *out untouched, if the text
 * is refused. */
bool ip_parse(const char *text, struct ip *out);
bool cidr_parse(const char *text, struct cidr *out); /* the text must have a prefix length */

/* Write the canonical form (IPv6 compressed, lower case) and return the buffer. */
const char *ip_format(const struct ip *ip, char text[static IP_TEXT]);
const char *cidr_format(const struct cidr *cidr, char text[static CIDR_TEXT]);

size_t ip_size(const struct ip *ip);   /* in bytes: 4 or 16 */
unsigned ip_bits(const struct ip *ip); /* 32 or 128 */
bool ip_equal(const struct ip *a, const struct ip *b);
int ip_compare(const struct ip *a, const struct ip *b); /* of one family; returns <0, 0 or >0 */
bool ip_is_zero(const struct ip *ip);                   /* 0.0.0.0, :: or no address */

bool cidr_contains(const struct cidr *net, const struct ip *ip);
struct ip cidr_network(const struct cidr *cidr); /* clears the host bits */

/* Parse a MAC address of either letter case. It has six octets, separated by ':' or '-', or three
 * dotted groups of four digits (which Go's net.ParseMAC accepts for EUI-48). */
bool mac_parse(const char *text, struct mac *out);
const char *mac_format(const struct mac *mac, char text[static MAC_TEXT]); /* lower case, ':' */
bool mac_equal(const struct mac *a, const struct mac *b);
bool mac_is_unicast(const struct mac *mac); /* also refuses all zeros */

#endif
