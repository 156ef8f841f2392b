/* SPDX-License-Identifier: Apache-2.0 */
/* Reading whereabouts' ranges. */
#include "ipam/partner.h"

#include <stdio.h>
#include <string.h>

static int refuse(const char *text, const char *why, struct failure *f)
{
	return fail(f, CNI_CONFIG, why, "configuration key range is \"%.80s\"", text);
}

/* Separates "A-B/len" into A and "B/len". Returns 1; 0 if the text is "B/len"; -1 for neither. */
static int start_split(const char *text, struct ip *start, struct cidr *network)
{
	char first[IP_TEXT];
	const char *dash = strchr(text, '-');
	const size_t length = dash ? (size_t)(dash - text) : 0;

	if (length >= sizeof first || !cidr_parse(dash ? dash + 1 : text, network))
		return -1;
	if (!dash)
		return 0;
	memcpy(first, text, length);
	first[length] = '\0';
	return ip_parse(first, start) && cidr_contains(network, start) ? 1 : -1;
}

int partner_range_read(struct range *out, const char *text, struct failure *f)
{
	struct cidr network = { .prefix = 0 };
	struct ip start = out->start;
	const int split = start_split(text, &start, &network);

	if (split < 0)
		return refuse(text,
		              "it must be a network such as 192.0.2.0/24, or the ends of a "
		              "range in it such as 192.0.2.10-192.0.2.99/24",
		              f);
	const struct ip end = split ? network.ip : out->end;
	*out = (struct range){ .subnet = { cidr_network(&network), network.prefix } };
	if (range_complete(out, f) < 0)
		return -1;
	out->gateway = (struct ip){ .family = 0 };
	const struct range all = *out;
	if (start.family && cidr_contains(&all.subnet, &start) &&
	    ip_compare(&start, &all.start) >= 0 && ip_compare(&start, &all.end) <= 0)
		out->start = start;
	if (end.family && cidr_contains(&all.subnet, &end) && ip_compare(&end, &out->start) >= 0 &&
	    ip_compare(&end, &all.end) <= 0)
		out->end = end;
	return 0;
}

int partner_pool_name(const char *network_name, const struct cidr *subnet,
                      char name[static POOL_NAME], struct failure *f)
{
	char text[CIDR_TEXT], whole[256];

	snprintf(whole, sizeof whole, "%.180s%s%s", network_name, *network_name ? "-" : "",
	         cidr_format(subnet, text));
	for (char *c = whole; *c; c++)
		if (*c == '.' || *c == ':' || *c == '/')
			*c = '-';
	if (pool_name_valid(whole)) {
		memcpy(name, whole, strlen(whole) + 1);
		return 0;
	}
	return fail(f, CNI_CONFIG, "the key pool names another one",
	            "\"%.80s\" cannot be the name of an AddressPool", whole);
}
