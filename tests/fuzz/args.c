/* SPDX-License-Identifier: Apache-2.0 */
/* CNI_ARGS, names, and textual addresses: what is accepted keeps its bounds and its own spelling.
 *
 * Reads with: cni/args.c base/address.c base/name.c */
#include "base/address.h"
#include "cni/request.h"
#include "tests/fuzz/fuzz.h"

static const char *const known[] = { "MAC", "IP", NULL };

static void check_addresses(const char *text)
{
	struct ip ip;
	struct cidr cidr;
	struct mac mac;
	char spelled[CIDR_TEXT];

	if (ip_parse(text, &ip)) {
		struct ip again;
		PROMISE(ip_parse(ip_format(&ip, spelled), &again) && ip_equal(&ip, &again));
		PROMISE(ip_compare(&ip, &again) == 0);
	}
	if (cidr_parse(text, &cidr)) {
		struct ip network = cidr_network(&cidr);
		struct cidr again;
		PROMISE(cidr.prefix <= ip_bits(&cidr.ip) && cidr_contains(&cidr, &network));
		PROMISE(cidr_parse(cidr_format(&cidr, spelled), &again));
		PROMISE(again.prefix == cidr.prefix && ip_equal(&again.ip, &cidr.ip));
		PROMISE(!ip_is_zero(&cidr.ip) || ip_is_zero(&network));
	}
	if (mac_parse(text, &mac)) {
		struct mac again;
		PROMISE(mac_parse(mac_format(&mac, spelled), &again) && mac_equal(&mac, &again));
		PROMISE(!mac_is_unicast(&mac) || !(mac.byte[0] & 1));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct failure f = { 0 };
	OWNED(text_release) char *text = text_of(data, size);
	char value[32];

	PROMISE(args_check(text, known, &f) == 0 || f.code == CNI_ENV);
	PROMISE(args_find(text, "MAC", value, sizeof value) <= 0 || strlen(value) < sizeof value);
	PROMISE(args_agree(text, "MAC") || strstr(text, "MAC="));
	f = (struct failure){ 0 };
	if (ifname_check(text, NULL, CNI_ENV, &f) == 0)
		PROMISE(strlen(text) > 0 && strlen(text) < 16 && !strchr(text, '/'));
	if (identifier_valid(text))
		PROMISE(*text && !strpbrk(text, "/;= "));
	check_addresses(text);
	return 0;
}
