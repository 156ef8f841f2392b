/* SPDX-License-Identifier: Apache-2.0 */
/* Textual and binary forms of IP addresses, prefixes and MAC addresses. */
#include "base/address.h"

#include <arpa/inet.h>
#include <string.h>

static const uint8_t mapped_prefix[12] = { [10] = 0xff, [11] = 0xff }; /* ::ffff:0:0/96 */

/* Converts an IPv4-mapped address (::ffff:a.b.c.d) to the IPv4 address a.b.c.d. */
static bool ip_unmap(struct ip *ip)
{
	if (ip->family != AF_INET6 || memcmp(ip->byte, mapped_prefix, sizeof mapped_prefix) != 0)
		return false;
	memmove(ip->byte, ip->byte + sizeof mapped_prefix, 4);
	memset(ip->byte + 4, 0, sizeof ip->byte - 4);
	ip->family = AF_INET;
	return true;
}

static bool ip_parse_unmapped(const char *text, struct ip *out)
{
	struct ip ip = { .family = strchr(text, ':') ? AF_INET6 : AF_INET };

	if (inet_pton(ip.family, text, ip.byte) != 1)
		return false;
	*out = ip;
	return true;
}

bool ip_parse(const char *text, struct ip *out)
{
	if (!ip_parse_unmapped(text, out))
		return false;
	ip_unmap(out);
	return true;
}

/* Parses a decimal prefix length. Refuses a sign, space and a leading zero. */
static bool prefix_parse(const char *text, unsigned max, unsigned *out)
{
	const size_t digits = strspn(text, "0123456789");
	unsigned value = 0;

	if (digits == 0 || digits > 3 || text[digits] || (digits > 1 && text[0] == '0'))
		return false;
	for (; *text; text++)
		value = value * 10 + (unsigned)(*text - '0');
	*out = value;
	return value <= max;
}

bool cidr_parse(const char *text, struct cidr *out)
{
	const char *slash = strchr(text, '/');
	char address[IP_TEXT];
	struct ip ip;
	unsigned prefix;

	if (!slash || (size_t)(slash - text) >= sizeof address)
		return false;
	memcpy(address, text, (size_t)(slash - text));
	address[slash - text] = '\0';
	if (!ip_parse_unmapped(address, &ip) || !prefix_parse(slash + 1, ip_bits(&ip), &prefix))
		return false;
	if (ip_unmap(&ip)) {
		if (prefix < 96)
			return false; /* an IPv4 prefix cannot be wider than the mapped block */
		prefix -= 96;
	}
	*out = (struct cidr){ ip, (uint8_t)prefix };
	return true;
}

/* Writes a number of one octet. Returns where it ends. */
static char *octet_format(unsigned octet, char *to)
{
	if (octet >= 100)
		*to++ = (char)('0' + octet / 100);
	if (octet >= 10)
		*to++ = (char)('0' + octet / 10 % 10);
	*to++ = (char)('0' + octet % 10);
	return to;
}

/* inet_ntop() takes twenty times as long by way of printf(). */
static const char *ipv4_format(const struct ip *ip, char *text)
{
	char *to = text;

	for (size_t i = 0; i < 4; i++) {
		to = octet_format(ip->byte[i], to);
		*to++ = '.';
	}
	to[-1] = '\0';
	return text;
}

const char *ip_format(const struct ip *ip, char text[static IP_TEXT])
{
	if (ip->family == AF_INET)
		return ipv4_format(ip, text);
	if (!ip->family || !inet_ntop(ip->family, ip->byte, text, IP_TEXT))
		text[0] = '\0';
	return text;
}

const char *cidr_format(const struct cidr *cidr, char text[static CIDR_TEXT])
{
	char *end = text + strlen(ip_format(&cidr->ip, text));

	*end++ = '/';
	*octet_format(cidr->prefix, end) = '\0';
	return text;
}

size_t ip_size(const struct ip *ip)
{
	return ip->family == AF_INET6 ? 16 : 4;
}

unsigned ip_bits(const struct ip *ip)
{
	return (unsigned)ip_size(ip) * 8;
}

bool ip_equal(const struct ip *a, const struct ip *b)
{
	return a->family == b->family && memcmp(a->byte, b->byte, sizeof a->byte) == 0;
}

int ip_compare(const struct ip *a, const struct ip *b)
{
	return memcmp(a->byte, b->byte, sizeof a->byte);
}

bool ip_is_zero(const struct ip *ip)
{
	static const struct ip zero;

	return memcmp(ip->byte, zero.byte, sizeof ip->byte) == 0;
}

struct ip cidr_network(const struct cidr *cidr)
{
	struct ip network = cidr->ip;

	for (unsigned i = 0; i < sizeof network.byte; i++) {
		const unsigned kept = cidr->prefix > i * 8 ? cidr->prefix - i * 8 : 0;
		if (kept < 8)
			network.byte[i] &= (uint8_t)(0xff00U >> kept);
	}
	return network;
}

bool cidr_contains(const struct cidr *net, const struct ip *ip)
{
	const struct cidr same = { *ip, net->prefix };
	const struct ip wanted = cidr_network(net), found = cidr_network(&same);

	return ip_equal(&wanted, &found);
}

static bool hex_value(char digit, uint8_t *value)
{
	static const char digits[] = "0123456789abcdef0123456789ABCDEF";
	const char *at = digit ? strchr(digits, digit) : NULL;

	if (!at)
		return false;
	*value = (uint8_t)((at - digits) % 16);
	return true;
}

/* Parses octets of two digits each, with a separator after every `group` octets. */
static bool mac_parse_groups(const char *text, char separator, size_t group, struct mac *out)
{
	for (size_t i = 0; i < sizeof out->byte; i++) {
		uint8_t high, low;
		if (i > 0 && i % group == 0 && *text++ != separator)
			return false;
		if (!hex_value(text[0], &high) || !hex_value(text[1], &low))
			return false;
		out->byte[i] = (uint8_t)(high << 4 | low);
		text += 2;
	}
	return *text == '\0';
}

bool mac_parse(const char *text, struct mac *out)
{
	static const struct {
		char separator;
		size_t group;
	} forms[] = { { ':', 1 }, { '-', 1 }, { '.', 2 } };

	for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
		struct mac mac;
		if (mac_parse_groups(text, forms[i].separator, forms[i].group, &mac)) {
			*out = mac;
			return true;
		}
	}
	return false;
}

const char *mac_format(const struct mac *mac, char text[static MAC_TEXT])
{
	static const char digits[] = "0123456789abcdef";
	char *to = text;

	for (size_t i = 0; i < sizeof mac->byte; i++) {
		*to++ = digits[mac->byte[i] >> 4];
		*to++ = digits[mac->byte[i] & 15];
		*to++ = ':';
	}
	to[-1] = '\0';
	return text;
}

bool mac_equal(const struct mac *a, const struct mac *b)
{
	return memcmp(a->byte, b->byte, sizeof a->byte) == 0;
}

bool mac_is_unicast(const struct mac *mac)
{
	static const struct mac zero;

	return !(mac->byte[0] & 1) && !mac_equal(mac, &zero);
}
