/* SPDX-License-Identifier: Apache-2.0 */
/* Results: every version's shape, both ways. */
#include "cni/result.h"
#include "base/json.h"
#include "tests/unit/unit.h"

static cJSON *parsed(const char *text)
{
	struct failure f = { 0 };

	return json_parse(text, strlen(text), "it", &f);
}

struct conversion {
	const char *from;
	enum version to;
	const char *result; /* or the failure's message */
};

static void converts(struct verdict *v, const struct conversion *c)
{
	struct failure f = { 0 };
	OWNED(json_release) cJSON *from = parsed(c->from);
	OWNED(json_release) cJSON *wanted = parsed(c->result);
	OWNED(result_release) struct result r = { .dns = NULL };
	const bool read = result_read(&r, from, V1_0_0, "it", &f) == 0;
	OWNED(json_release) cJSON *result = read ? result_write(&r, c->to, &f) : NULL;
	OWNED(text_release) char *text = result ? cJSON_PrintUnformatted(result) : NULL;

	expect(v, wanted ? cJSON_Compare(result, wanted, true) : same_text(f.msg, c->result),
	       "%s becomes %s", c->from, text ? text : f.msg);
}

#define FULL                                                                               \
	"{\"cniVersion\":\"1.1.0\",\"interfaces\":[{\"name\":\"br0\"},{\"name\":\"eth0\"," \
	"\"mac\":\"02:00:00:00:00:01\",\"mtu\":1400,\"sandbox\":\"/run/netns/x\","         \
	"\"socketPath\":\"/s\",\"pciID\":\"p\"}],\"ips\":[{\"address\":\"10.5.0.2/16\","   \
	"\"gateway\":\"10.5.0.1\",\"interface\":1},{\"address\":\"10.6.0.2/16\"},"         \
	"{\"address\":\"fd00::2/64\",\"gateway\":\"fd00::1\",\"interface\":0}],"           \
	"\"routes\":[{\"dst\":\"0.0.0.0/0\",\"gw\":\"10.5.0.1\"},{\"dst\":\"fd00::/16\","  \
	"\"mtu\":1300,\"advmss\":1200,\"priority\":7,\"table\":100,\"scope\":253}],"       \
	"\"dns\":{\"nameservers\":[\"10.5.0.1\"],\"domain\":\"d\",\"search\":[\"s\"],"     \
	"\"options\":[\"o\"]}}"

#define FULL_DNS                                                                       \
	"\"dns\":{\"nameservers\":[\"10.5.0.1\"],\"domain\":\"d\",\"search\":[\"s\"]," \
	"\"options\":[\"o\"]}"

static void the_oldest_versions_have_one_address_per_family(struct verdict *v)
{
	static const struct conversion cases[] = {
		{ FULL, V0_2_0,
		  "{\"cniVersion\":\"0.2.0\",\"ip4\":{\"ip\":\"10.5.0.2/"
		  "16\",\"gateway\":\"10.5.0.1\","
		  "\"routes\":[{\"dst\":\"0.0.0.0/0\",\"gw\":\"10.5.0.1\"}]},\"ip6\":{\"ip\":"
		  "\"fd00::2/64\",\"gateway\":\"fd00::1\",\"routes\":[{\"dst\":\"fd00::/"
		  "16\"}]}," FULL_DNS "}" },
		{ "{\"ips\":[{\"address\":\"10.5.0.2/16\"}],\"routes\":[{\"dst\":\"::/0\"}]}",
		  V0_1_0,
		  "{\"cniVersion\":\"0.1.0\",\"ip4\":{\"ip\":\"10.5.0.2/16\"},\"dns\":{}}" },
		{ "{\"interfaces\":[{\"name\":\"eth0\"}]}", V0_2_0,
		  "cannot convert: no valid IP addresses" },
		{ "null", V0_1_0, "cannot convert: no valid IP addresses" },
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++)
		converts(v, &cases[i]);
}

static void versions_before_1_0_0_have_the_family_and_dns(struct verdict *v)
{
	static const struct conversion cases[] = {
		{ FULL, V0_3_1,
		  "{\"cniVersion\":\"0.3.1\",\"interfaces\":[{\"name\":\"br0\"},{\"name\":\"eth0\","
		  "\"mac\":\"02:00:00:00:00:01\",\"sandbox\":\"/run/netns/"
		  "x\"}],\"ips\":[{\"version\":"
		  "\"4\",\"address\":\"10.5.0.2/16\",\"gateway\":\"10.5.0.1\",\"interface\":1},"
		  "{\"version\":\"4\",\"address\":\"10.6.0.2/16\"},{\"version\":\"6\",\"address\":"
		  "\"fd00::2/64\",\"gateway\":\"fd00::1\",\"interface\":0}],\"routes\":[{\"dst\":"
		  "\"0.0.0.0/0\",\"gw\":\"10.5.0.1\"},{\"dst\":\"fd00::/"
		  "16\",\"mtu\":1300,\"advmss\":"
		  "1200,\"priority\":7,\"table\":100,\"scope\":253}]," FULL_DNS "}" },
		{ "{}", V0_3_0, "{\"cniVersion\":\"0.3.0\",\"dns\":{}}" },
		{ "null", V0_4_0, "{\"cniVersion\":\"0.4.0\",\"dns\":{}}" },
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++)
		converts(v, &cases[i]);
}

static void versions_from_1_0_0_omit_empty_keys(struct verdict *v)
{
	static const struct conversion cases[] = {
		{ "{}", V1_0_0, "{\"cniVersion\":\"1.0.0\"}" },
		{ "{\"interfaces\":[],\"ips\":[],\"routes\":null,\"dns\":{\"nameservers\":[],"
		  "\"domain\":\"\"}}",
		  V1_1_0, "{\"cniVersion\":\"1.1.0\"}" },
		{ "{\"interfaces\":[{\"mac\":\"\",\"mtu\":0}],\"ips\":[{\"address\":\"10.5.0.2/"
		  "16\","
		  "\"gateway\":\"\"}]}",
		  V1_1_0,
		  "{\"cniVersion\":\"1.1.0\",\"interfaces\":[{\"name\":\"\"}],"
		  "\"ips\":[{\"address\":\"10.5.0.2/16\"}]}" },
		{ "{\"DNS\":{\"Search\":[\"s\"],\"more\":1},\"more\":2}", V1_1_0,
		  "{\"cniVersion\":\"1.1.0\",\"dns\":{\"search\":[\"s\"]}}" },
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++)
		converts(v, &cases[i]);
}

static void a_route_keeps_a_zero_that_has_a_meaning(struct verdict *v)
{
	static const struct conversion c = {
		"{\"routes\":[{\"dst\":\"10.9.1.1/16\",\"mtu\":0,\"advmss\":0,\"priority\":0,"
		"\"table\":0,\"scope\":0}]}",
		V1_1_0,
		"{\"cniVersion\":\"1.1.0\",\"routes\":[{\"dst\":\"10.9.0.0/16\",\"table\":0,"
		"\"scope\":0}]}"
	};

	converts(v, &c);
}

static void every_version_is_read(struct verdict *v)
{
	static const struct conversion cases[] = {
		{ "{\"cniVersion\":\"0.2.0\",\"ip4\":{\"ip\":\"10.5.0.2/"
		  "16\",\"gateway\":\"10.5.0.1\","
		  "\"routes\":[{\"dst\":\"0.0.0.0/0\"}]},\"ip6\":{\"ip\":\"fd00::2/"
		  "64\"},\"dns\":{}}",
		  V1_1_0,
		  "{\"cniVersion\":\"1.1.0\",\"ips\":[{\"address\":\"10.5.0.2/16\",\"gateway\":"
		  "\"10.5.0.1\"},{\"address\":\"fd00::2/64\"}],\"routes\":[{\"dst\":\"0.0.0.0/"
		  "0\"}]}" },
		{ "{\"cniVersion\":\"0.3.1\",\"ips\":[{\"version\":\"4\",\"address\":"
		  "\"::ffff:10.5.0.2/112\",\"gateway\":\"::ffff:10.5.0.1\",\"interface\":3}]}",
		  V1_1_0,
		  "{\"cniVersion\":\"1.1.0\",\"ips\":[{\"address\":\"10.5.0.2/16\",\"gateway\":"
		  "\"10.5.0.1\"}]}" },
		{ "{\"cniVersion\":\"\",\"IPs\":[{\"Address\":\"10.5.0.2/16\"}]}", V1_0_0,
		  "{\"cniVersion\":\"1.0.0\",\"ips\":[{\"address\":\"10.5.0.2/16\"}]}" },
		{ FULL, V1_1_0, FULL },
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++)
		converts(v, &cases[i]);
}

static const struct conversion malformed[] = {
	{ "[]", V1_1_0, "it: invalid result" },
	{ "{\"cniVersion\":1}", V1_1_0, "it: invalid cniVersion" },
	{ "{\"cniVersion\":\"1.2.0\"}", V1_1_0, "it: unsupported cniVersion 1.2.0" },
	{ "{\"ips\":{}}", V1_1_0, "it: invalid ips" },
	{ "{\"ips\":[null]}", V1_1_0, "it: invalid ips[0]" },
	{ "{\"ips\":[{}]}", V1_1_0, "it: invalid ips[0].address" },
	{ "{\"ips\":[{\"address\":\"10.5.0.2\"}]}", V1_1_0, "it: invalid ips[0].address" },
	{ "{\"ips\":[{\"address\":\"10.5.0.2/16\"},{\"address\":\"10.5.0.2/16\","
	  "\"gateway\":7}]}",
	  V1_1_0, "it: invalid ips[1].gateway" },
	{ "{\"interfaces\":[{\"name\":\"a\"}],\"ips\":[{\"address\":\"10.5.0.2/16\","
	  "\"interface\":1}]}",
	  V1_1_0, "it: invalid ips[0].interface" },
	{ "{\"interfaces\":[{\"name\":\"a\"}],\"ips\":[{\"address\":\"10.5.0.2/16\","
	  "\"interface\":-1}]}",
	  V1_1_0, "it: invalid ips[0].interface" },
	{ "{\"interfaces\":[{\"name\":1}]}", V1_1_0, "it: invalid interfaces[0].name" },
	{ "{\"interfaces\":[{\"mtu\":-1}]}", V1_1_0, "it: invalid interfaces[0].mtu" },
	{ "{\"routes\":[{\"gw\":\"10.0.0.1\"}]}", V1_1_0, "it: invalid routes[0].dst" },
	{ "{\"routes\":[{\"dst\":\"10.0.0.0/8\",\"scope\":256}]}", V1_1_0,
	  "it: invalid routes[0].scope" },
	{ "{\"routes\":[{\"dst\":\"10.0.0.0/8\",\"priority\":4294967296}]}", V1_1_0,
	  "it: invalid routes[0].priority" },
	{ "{\"routes\":[{\"dst\":\"10.0.0.0/8\",\"table\":1.0}]}", V1_1_0,
	  "it: invalid routes[0].table" },
	{ "{\"cniVersion\":\"0.2.0\",\"ip4\":[]}", V1_1_0, "it: invalid ip4" },
	{ "{\"cniVersion\":\"0.1.0\",\"ip6\":{\"ip\":\"fd00::1\"}}", V1_1_0, "it: invalid ip6.ip" },
	{ "{\"cniVersion\":\"0.2.0\",\"ip4\":{\"ip\":\"10.5.0.2/16\",\"routes\":[{}]}}", V1_1_0,
	  "it: invalid ip4.routes[0].dst" },
	{ "{\"dns\":\"x\"}", V1_1_0, "it: invalid dns" },
	{ "{\"dns\":{\"search\":\"x\"}}", V1_1_0, "it: invalid dns.search" },
	{ "{\"dns\":{\"options\":[1]}}", V1_1_0, "it: invalid dns.options" },
};

static void a_malformed_result_is_refused_with_the_key(struct verdict *v)
{
	for (size_t i = 0; i < COUNT_OF(malformed); i++)
		converts(v, &malformed[i]);
}

static void a_growing_result_keeps_its_content(struct verdict *v)
{
	OWNED(result_release) struct result r = { .dns = NULL };
	struct failure f = { 0 };

	for (unsigned i = 0; i < 100; i++) {
		struct ip_config *ip = result_add_ip(&r, &f);
		struct route *route = result_add_route(&r, &f);
		expect(v, ip && ip->interface == NO_INTERFACE && ip->gateway.family == 0, "ip %u",
		       i);
		expect(v, route && !route->has, "route %u", i);
		if (!ip || !route)
			return;
		ip->address.prefix = (uint8_t)i;
		route->table = i;
	}
	for (unsigned i = 0; i < 100; i++)
		expect(v, r.ips[i].address.prefix == i && r.routes[i].table == i, "element %u", i);
}

int main(void)
{
	static const struct unit units[] = {
		UNIT(the_oldest_versions_have_one_address_per_family),
		UNIT(versions_before_1_0_0_have_the_family_and_dns),
		UNIT(versions_from_1_0_0_omit_empty_keys),
		UNIT(a_route_keeps_a_zero_that_has_a_meaning),
		UNIT(every_version_is_read),
		UNIT(a_malformed_result_is_refused_with_the_key),
		UNIT(a_growing_result_keeps_its_content),
	};

	return units_run(units, COUNT_OF(units));
}
