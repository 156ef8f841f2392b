/* SPDX-License-Identifier: Apache-2.0 */
/* Validity of ranges and sets of ranges. */
#include "ipam/range.h"

#include <stdio.h>
#include <string.h>

static struct ip ip_after(const struct ip *ip)
{
	return number_ip(ip->family, ip_number(ip) + 1);
}

static struct span range_span(const struct range *r)
{
	return (struct span){ ip_number(&r->start), ip_number(&r->end), r->subnet.ip.family };
}

static int subnet_check(const struct cidr *subnet, struct failure *f)
{
	char text[CIDR_TEXT], network_text[CIDR_TEXT];
	const struct cidr network = { cidr_network(subnet), subnet->prefix };

	cidr_format(subnet, text);
	if (ip_equal(&network.ip, &subnet->ip))
		return 0;
	char details[128];
	snprintf(details, sizeof details,
	         "for a subnet mask of length %u the network address is %s", subnet->prefix,
	         cidr_format(&network, network_text));
	return fail(f, CNI_CONFIG, details, "network %s has host bits set", text);
}

static int bound_check(const struct range *r, const struct ip *bound, const char *name,
                       struct failure *f)
{
	char text[IP_TEXT], subnet[CIDR_TEXT];

	if (cidr_contains(&r->subnet, bound))
		return 0;
	return fail(f, CNI_CONFIG, "both ends of a range lie in its subnet",
	            "%s %s not in network %s", name, ip_format(bound, text),
	            cidr_format(&r->subnet, subnet));
}

/* Sets the default bounds of the range, and the default gateway. */
static void defaults(const struct cidr *subnet, struct range *out)
{
	const struct span all = cidr_span(subnet);
	const uint8_t family = subnet->ip.family;
	const number count = span_size(&all);
	const number broadcast = family == AF_INET;

	if (count > 2) {
		out->start = out->gateway = ip_after(&subnet->ip);
		out->end = number_ip(family, all.last - broadcast);
	} else { /* RFC 3021 and RFC 6164: these have no special address */
		out->start = subnet->ip;
		out->end = number_ip(family, all.last);
		out->gateway = count == 2 ? subnet->ip : (struct ip){ 0 };
	}
}

int range_complete(struct range *r, struct failure *f)
{
	struct range whole = { .subnet = r->subnet };
	char start[IP_TEXT], end[IP_TEXT], gateway[IP_TEXT];

	if (subnet_check(&r->subnet, f) < 0)
		return -1;
	defaults(&r->subnet, &whole);
	if (r->gateway.family == 0)
		r->gateway = whole.gateway;
	else if (r->gateway.family != r->subnet.ip.family)
		return fail(f, CNI_CONFIG, "it must be of the subnet's family", "gateway %s",
		            ip_format(&r->gateway, gateway));
	if (r->start.family == 0)
		r->start = whole.start;
	else if (bound_check(r, &r->start, "rangeStart", f) < 0)
		return -1;
	if (r->end.family == 0)
		r->end = whole.end;
	else if (bound_check(r, &r->end, "rangeEnd", f) < 0)
		return -1;
	if (ip_compare(&r->start, &r->end) <= 0)
		return 0;
	return fail(f, CNI_CONFIG, "a range begins before it ends",
	            "rangeStart %s is after rangeEnd %s", ip_format(&r->start, start),
	            ip_format(&r->end, end));
}

static int overlap_check(const struct range *a, const struct range *b, struct failure *f)
{
	const struct range_set first = { (struct range *)(uintptr_t)a, 1 };
	const struct range_set second = { (struct range *)(uintptr_t)b, 1 };
	const struct span one = range_span(a), two = range_span(b);
	char text[160], other[160];

	if (one.family != two.family || one.last < two.first || two.last < one.first)
		return 0;
	return fail(f, CNI_CONFIG, "an address can be in one range only",
	            "range %s overlaps with %s", range_set_text(&first, text, sizeof text),
	            range_set_text(&second, other, sizeof other));
}

static int set_check(const struct range_set *set, size_t place, struct failure *f)
{
	char text[512];

	if (set->n == 0)
		return fail(f, CNI_CONFIG, "a range set needs at least one range",
		            "range set %zu is empty", place);
	for (size_t i = 1; i < set->n; i++)
		if (set->ranges[i].subnet.ip.family != set->ranges[0].subnet.ip.family)
			return fail(f, CNI_CONFIG, "a range set gives one address of one family",
			            "mixed address families in range set %zu (%s)", place,
			            range_set_text(set, text, sizeof text));
	return 0;
}

/* Checks that a range overlaps no earlier range, in its own set or in an earlier set. */
static int earlier_check(const struct range_set *sets, size_t set, size_t range, struct failure *f)
{
	for (size_t i = 0; i <= set; i++)
		for (size_t k = 0; k < (i == set ? range : sets[i].n); k++)
			if (overlap_check(&sets[set].ranges[range], &sets[i].ranges[k], f) < 0)
				return -1;
	return 0;
}

int range_sets_check(const struct range_set *sets, size_t n, struct failure *f)
{
	size_t ranges = 0;

	for (size_t i = 0; i < n; i++)
		ranges += sets[i].n;
	if (ranges > RANGES_MAX)
		return fail(f, CNI_CONFIG, "4096 are the most", "there are %zu ranges", ranges);
	for (size_t i = 0; i < n; i++) {
		if (set_check(&sets[i], i, f) < 0)
			return -1;
		for (size_t k = 0; k < sets[i].n; k++)
			if (earlier_check(sets, i, k, f) < 0)
				return -1;
	}
	return 0;
}

const struct range *range_set_find(const struct range_set *set, const struct ip *ip)
{
	for (size_t i = 0; i < set->n; i++) {
		const struct span span = range_span(&set->ranges[i]);
		if (span_contains(&span, ip))
			return &set->ranges[i];
	}
	return NULL;
}

const struct range *range_set_find_subnet(const struct range_set *set, const struct ip *ip)
{
	for (size_t i = 0; i < set->n; i++)
		if (cidr_contains(&set->ranges[i].subnet, ip))
			return &set->ranges[i];
	return NULL;
}

bool range_has_host(const struct range *r, const struct ip *ip)
{
	const struct span all = cidr_span(&r->subnet);
	const number last = all.last - (r->subnet.ip.family == AF_INET);

	return span_size(&all) <= 2 || (ip_number(ip) > all.first && ip_number(ip) <= last);
}

const char *excluded_parse(const char *text, struct span *out)
{
	struct cidr net = { .prefix = 0 };

	if (text && ip_parse(text, &net.ip))
		net.prefix = (uint8_t)ip_bits(&net.ip);
	else if (!text || !cidr_parse(text, &net))
		return "it must be an address or a network such as 10.0.0.128/28";
	const struct ip network = cidr_network(&net);
	if (!ip_equal(&network, &net.ip))
		return "it has host bits set: an address alone is written without a prefix length";
	*out = cidr_span(&net);
	return NULL;
}

const char *range_set_text(const struct range_set *set, char *text, size_t size)
{
	size_t length = 0;

	text[0] = '\0';
	for (size_t i = 0; i < set->n && length < size; i++) {
		const struct range *r = &set->ranges[i];
		char start[IP_TEXT], end[IP_TEXT], subnet[CIDR_TEXT];
		const int n = snprintf(text + length, size - length, "%s%s-%s of %s", i ? ", " : "",
		                       ip_format(&r->start, start), ip_format(&r->end, end),
		                       cidr_format(&r->subnet, subnet));
		length += n > 0 ? (size_t)n : size;
	}
	return text;
}

const char *range_sets_text(const struct range_set *sets, size_t n, char *text, size_t size)
{
	char set[512];
	size_t length = 0;

	text[0] = '\0';
	for (size_t i = 0; i < n && length < size; i++) {
		const int more =
		        snprintf(text + length, size - length, "%srange set %zu: %s", i ? "; " : "",
		                 i, range_set_text(&sets[i], set, sizeof set));
		length += more > 0 ? (size_t)more : size;
	}
	return text;
}
