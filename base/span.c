/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses as numbers of up to 128 bits. */
#include "base/span.h"

static const number number_max = ~(number)0;

number ip_number(const struct ip *ip)
{
	number n = 0;

	for (size_t i = 0; i < ip_size(ip); i++)
		n = n << 8 | ip->byte[i];
	return n;
}

struct ip number_ip(uint8_t family, number n)
{
	struct ip ip = { .family = family };

	for (size_t i = ip_size(&ip); i > 0; i--, n >>= 8)
		ip.byte[i - 1] = (uint8_t)n;
	return ip;
}

struct span cidr_span(const struct cidr *net)
{
	const struct ip network = cidr_network(net);
	const unsigned host = ip_bits(&net->ip) - net->prefix;
	const number hosts = host == 128 ? number_max : ((number)1 << host) - 1;
	const number first = ip_number(&network);

	return (struct span){ .first = first, .last = first + hosts, .family = net->ip.family };
}

bool span_contains(const struct span *span, const struct ip *ip)
{
	if (span->family != ip->family)
		return false;
	const number n = ip_number(ip);
	return span->first <= n && n <= span->last;
}

number number_add(number a, number b)
{
	return a > number_max - b ? number_max : a + b;
}

number span_size(const struct span *span)
{
	return number_add(span->last - span->first, 1);
}

const char *number_format(number n, char text[static NUMBER_TEXT])
{
	char digits[NUMBER_TEXT] = "";
	size_t count = 0, length = 0;

	for (; n > UINT64_MAX; n /= 10)
		digits[count++] = (char)('0' + (int)(n % 10));
	/* A division of 128 bits takes ten times as long. */
	uint64_t rest = (uint64_t)n;
	do
		digits[count++] = (char)('0' + (int)(rest % 10));
	while (rest /= 10);
	while (count > 0)
		text[length++] = digits[--count];
	text[length] = '\0';
	return text;
}
