/* SPDX-License-Identifier: Apache-2.0 */
/* What netavark passes to setup: an accepted network is a configuration that the decoders of podtap
 * and of podtap-ipam take or refuse by key, with exactly the addresses that the container asks for,
 * and teardown reads every network.
 *
 * Reads with: netavark/network.c netavark/options.c netavark/subnets.c */
#include "base/json.h"
#include "ipam/ipam.h"
#include "ipam/ipam_config.h"
#include "netavark/network.h"
#include "netavark/options.h"
#include "tests/fuzz/fuzz.h"

static size_t distinct(const cJSON *texts)
{
	struct ip_list all = { .n = 0 };
	struct failure f = { 0 };
	const cJSON *text;
	struct ip ip;

	cJSON_ArrayForEach(text, texts)
	{
		PROMISE(ip_parse(json_string(text), &ip));
		if (!ip_list_has(&all, &ip))
			PROMISE(ip_list_add(&all, &ip, &f) == 0);
	}
	const size_t n = all.n;
	ip_list_release(&all);
	return n;
}

static void check_addresses(const struct request *r, const cJSON *endpoint)
{
	OWNED(ipam_config_release) struct ipam_config c;
	struct failure f = { 0 };

	if (ipam_config_read(&c, r, &f) < 0) {
		PROMISE(f.code == CNI_CONFIG);
		return;
	}
	PROMISE(c.n_sets == 0 && c.wanted.n == 0);
	PROMISE(c.n_addresses == distinct(json_member(endpoint, "static_ips")));
	for (size_t i = 0; i < c.n_addresses; i++)
		PROMISE(!c.addresses[i].gateway.family ||
		        cidr_contains(&c.addresses[i].address, &c.addresses[i].gateway));
}

static void check(cJSON *config, const cJSON *endpoint)
{
	const struct request r = { .container_id = "c",
		                   .netns = "/n",
		                   .ifname = "i",
		                   .args = "",
		                   .path = "/p",
		                   .json = config,
		                   .name = "n",
		                   .version = V1_1_0 };
	struct failure f = { 0 };
	struct options o;
	struct config c;

	options_read(&o, config);
	PROMISE(strlen(o.parent) < sizeof o.parent);
	if (config_read(&c, &r, true, &f) < 0) {
		PROMISE(f.code == CNI_CONFIG);
		return;
	}
	PROMISE(!*o.parent || strcmp(c.master, o.parent) == 0);
	if (endpoint && c.ipam && strcmp(c.ipam, "podtap-ipam") == 0)
		check_addresses(&r, endpoint);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct failure f = { 0 };
	OWNED(json_release) cJSON *json = json_parse((const char *)data, size, "the input", &f);
	if (!json)
		return 0;

	const cJSON *network = json_member(json, "network");
	const cJSON *endpoint = json_member(json, "network_options");
	OWNED(json_release) cJSON *config = network_config(network, endpoint, false, &f);
	PROMISE(config ? f.code == 0 : f.code == CNI_CONFIG || f.code == CNI_DECODE);
	if (config)
		check(config, endpoint);
	failure_clear(&f);
	OWNED(json_release) cJSON *lenient = network_config(network, endpoint, true, &f);
	PROMISE(lenient && f.code == 0);
	return 0;
}
