/* SPDX-License-Identifier: Apache-2.0 */
/* The options and networks of podman: what they become in podtap's configuration. */
#include "base/json.h"
#include "netavark/network.h"
#include "netavark/options.h"
#include "tests/unit/unit.h"

/* Returns what an option becomes, as text, or its failure. */
static char *option_text(const char *name, const char *value, struct failure *f)
{
	OWNED(json_release) cJSON *config = cJSON_CreateObject();
	OWNED(json_release) cJSON *options = cJSON_CreateObject();

	failure_clear(f);
	cJSON_AddStringToObject(options, name, value);
	if (options_add(config, options, false, f) < 0)
		return NULL;
	return cJSON_PrintUnformatted(config);
}

static void an_option_becomes_a_value_of_its_keys_type(struct verdict *v)
{
	static const struct {
		const char *name, *value, *becomes;
	} cases[] = {
		{ "parent", "eth0", "{\"parent\":\"eth0\"}" },
		{ "metric", "4294967295", "{\"metric\":4294967295}" },
		{ "no_default_route", "true", "{\"no_default_route\":true}" },
		{ "no_default_route", "1", "{\"no_default_route\":true}" },
		{ "no_default_route", "False", "{\"no_default_route\":false}" },
		{ "mode", "vepa", "{\"mode\":\"vepa\"}" },
		{ "mac", "stable", "{\"mac\":\"stable\"}" },
		{ "mtu", "1400", "{\"mtu\":1400}" },
		{ "queues", "256", "{\"queues\":256}" },
		{ "owner", "4294967294", "{\"owner\":4294967294}" },
		{ "tapMode", "0660", "{\"tapMode\":\"0660\"}" },
		{ "link", "macvlan", "{\"link\":\"macvlan\"}" },
		{ "allmulti", "0", "{\"allmulti\":false}" },
		{ "logFile", "/var/log/x", "{\"logFile\":\"/var/log/x\"}" },
		{ "ipamTimeout", "5", "{\"ipamTimeout\":5}" },
		{ "sourceMacs", "02:00:00:00:00:01,02-00-00-00-00-02",
		  "{\"sourceMacs\":[\"02:00:00:00:00:01\",\"02-00-00-00-00-02\"]}" },
		{ "sysctl", "{\"net.ipv4.conf.IFNAME.arp_filter\":\"1\"}",
		  "{\"sysctl\":{\"net.ipv4.conf.IFNAME.arp_filter\":\"1\"}}" },
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct failure f;
		OWNED(text_release)
		char *text = option_text(cases[i].name, cases[i].value, &f);
		expect(v, same_text(text, cases[i].becomes), "%s=%s became %s (%s: %s)",
		       cases[i].name, cases[i].value, text ? text : "nothing", f.msg, f.details);
	}
}

static void an_invalid_option_is_refused_with_its_value(struct verdict *v)
{
	static const struct {
		const char *name, *value, *msg, *details;
	} cases[] = {
		{ "mtu", "x", "option mtu is \"x\"", "it must be an integer from 0 to 65535" },
		{ "mtu", "1e3", "option mtu is \"1e3\"", "it must be an integer from 0 to 65535" },
		{ "mtu", "65536", "option mtu is \"65536\"",
		  "it must be an integer from 0 to 65535" },
		{ "mtu", "", "option mtu is \"\"", "it must be an integer from 0 to 65535" },
		{ "queues", "0", "option queues is \"0\"", "it must be an integer from 1 to 256" },
		{ "metric", "-1", "option metric is \"-1\"",
		  "it must be an integer from 0 to 4294967295" },
		{ "metric", "4294967296", "option metric is \"4294967296\"",
		  "it must be an integer from 0 to 4294967295" },
		{ "no_default_route", "yes", "option no_default_route is \"yes\"",
		  "it must be true or false" },
		{ "mode", "hairpin", "option mode is \"hairpin\"",
		  "it must be one of: bridge, private, vepa, passthru, source" },
		{ "mode", "", "option mode is \"\"",
		  "it must be one of: bridge, private, vepa, passthru, source" },
		{ "tapMode", "660x", "option tapMode is \"660x\"",
		  "it must be a string of octal digits such as \"0660\"" },
		{ "parent", "a/b", "option parent is \"a/b\"",
		  "it must be the name of an interface" },
		{ "logFile", "x", "option logFile is \"x\"", "it must be an absolute path" },
		{ "sourceMacs", "02:00:00:00:00:01,x",
		  "option sourceMacs is \"02:00:00:00:00:01,x\"",
		  "it must be six octets such as 02:00:5e:10:00:01" },
		{ "sysctl", "a=1", "option sysctl is \"a=1\"",
		  "it must be an object of settings and values" },
		{ "bclim", "5", "option bclim is not supported",
		  "podtap does not change the limit of a master's broadcasts, which all endpoints "
		  "on it share; option bcqueuelen sets the length of their queue" },
		{ "dns", "{}", "option dns is not supported", "--dns says it" },
		{ "name", "x", "option name is not supported",
		  "podtap has no such option; podtap-netavark(8) lists them" },
		{ "vlan", "5", "option vlan is not supported",
		  "podtap has no such option; podtap-netavark(8) lists them" },
		{ "MTU", "5", "option MTU is not supported",
		  "podtap has no such option; did you mean mtu?" },
		{ "sourcemacs", "", "option sourcemacs is not supported",
		  "podtap has no such option; did you mean sourceMacs?" },
		{ "queus", "2", "option queus is not supported",
		  "podtap has no such option; did you mean queues?" },
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct failure f;
		OWNED(text_release)
		char *text = option_text(cases[i].name, cases[i].value, &f);
		expect(v,
		       !text && f.code == CNI_CONFIG && same_text(f.msg, cases[i].msg) &&
		               same_text(f.details, cases[i].details),
		       "%s=%s became %s (%s: %s)", cases[i].name, cases[i].value,
		       text ? text : "nothing", f.msg, f.details);
	}
}

static void a_later_option_replaces_an_earlier_one(struct verdict *v)
{
	OWNED(json_release) cJSON *config = cJSON_CreateObject();
	OWNED(json_release) cJSON *first = cJSON_Parse("{\"mtu\":\"1400\",\"queues\":\"2\"}");
	OWNED(json_release) cJSON *second = cJSON_Parse("{\"mtu\":\"1300\",\"nonsense\":\"1\"}");
	struct failure f = { 0 };

	expect(v,
	       options_add(config, first, false, &f) == 0 &&
	               options_add(config, second, true, &f) == 0 && f.code == 0,
	       "refused: %s", f.msg);
	OWNED(text_release) char *text = cJSON_PrintUnformatted(config);
	expect(v, same_text(text, "{\"queues\":2,\"mtu\":1300}"), "got %s", text);
}

#define NETWORK(keys) "{\"name\":\"n\"" keys "}"
#define SUBNET        ",\"subnets\":[{\"subnet\":\"10.1.0.0/16\",\"gateway\":\"10.1.0.1\"}]"
#define SUBNET6       ",\"subnets\":[{\"subnet\":\"fd00::/64\",\"gateway\":\"fd00::1\"}]"
#define MADE(keys)    "{\"name\":\"n\",\"type\":\"podtap\"" keys "}"
#define IPAM(addresses, routes) \
	",\"ipam\":{\"type\":\"podtap-ipam\",\"addresses\":[" addresses "],\"routes\":[" routes "]}"
#define ADDRESS(address, gateway) "{\"address\":\"" address "\",\"gateway\":\"" gateway "\"}"
#define ROUTE(metric, dst, gw)    "{\"priority\":" metric ",\"dst\":\"" dst "\",\"gw\":\"" gw "\"}"

static void a_network_becomes_a_configuration(struct verdict *v)
{
	static const struct {
		const char *network, *endpoint, *made;
	} cases[] = {
		{ NETWORK(",\"ipam_options\":{\"driver\":\"none\"},\"options\":null"), "{}",
		  MADE("") },
		{ NETWORK(",\"network_interface\":\"eth1\",\"subnets\":[]"), "{}",
		  MADE(",\"master\":\"eth1\",\"ipam\":{\"type\":\"dhcp\"}") },
		{ NETWORK(SUBNET), "{\"static_ips\":[\"10.1.0.2\"]}",
		  MADE(IPAM(ADDRESS("10.1.0.2/16", "10.1.0.1"),
		            ROUTE("100", "0.0.0.0/0", "10.1.0.1"))) },
		{ NETWORK(SUBNET6), "{\"static_ips\":[\"fd00::2\",\"FD00::0003\"]}",
		  MADE(IPAM(
		          ADDRESS("fd00::2/64", "fd00::1") "," ADDRESS("fd00::3/64", "fd00::1"),
		          ROUTE("100", "::/0",
		                "fd00::1")) ",\"dad\":\"fast\",\"sysctl\":{\"net.ipv6.conf.IFNAME."
		                            "autoconf\":\"0\"}") },
		{ NETWORK(SUBNET6 ",\"options\":{\"dad\":\"wait\",\"sysctl\":\"{\\\"net/ipv6/conf/"
		                  "eth0/autoconf\\\":\\\"1\\\"}\"}"),
		  "{\"static_ips\":[\"fd00::2\"]}",
		  MADE(",\"dad\":\"wait\",\"sysctl\":{\"net/ipv6/conf/eth0/autoconf\":\"1\"}" IPAM(
		          ADDRESS("fd00::2/64", "fd00::1"), ROUTE("100", "::/0", "fd00::1"))) },
		{ NETWORK(SUBNET ",\"internal\":true"), "{\"static_ips\":[\"10.1.0.2\"]}",
		  MADE(IPAM("{\"address\":\"10.1.0.2/16\"}", "")) },
		{ NETWORK(SUBNET ",\"options\":{\"no_default_route\":\"true\"}"),
		  "{\"static_ips\":[\"10.1.0.2\"],\"options\":{\"metric\":\"7\"}}",
		  MADE(",\"no_default_route\":true,\"metric\":7" IPAM(
		          ADDRESS("10.1.0.2/16", "10.1.0.1"), "")) },
		{ NETWORK(SUBNET ",\"options\":{\"metric\":\"7\",\"parent\":\"eth2\"},\"routes\":["
		                 "{\"destination\":\"10.9.0.0/24\",\"gateway\":\"10.1.0.9\","
		                 "\"metric\":null},{\"destination\":\"10.8.0.0/24\",\"gateway\":"
		                 "\"10.1.0.8\",\"metric\":5,\"route_type\":\"unicast\"}]"),
		  "{\"static_ips\":[\"10.1.0.2\"],\"static_mac\":\"02:00:00:00:00:01\"}",
		  MADE(",\"metric\":7,\"parent\":\"eth2\",\"master\":\"eth2\",\"runtimeConfig\":{"
		       "\"mac\":\"02:00:00:00:00:01\"}" IPAM(
		               ADDRESS("10.1.0.2/16", "10.1.0.1"),
		               ROUTE("7", "0.0.0.0/0", "10.1.0.1") "," ROUTE(
		                       "100", "10.9.0.0/24",
		                       "10.1.0.9") "," ROUTE("5", "10.8.0.0/24", "10.1.0.8"))) },
		{ NETWORK(",\"ipam_options\":{\"driver\":\"none\"},\"network_dns_servers\":[\"9.9."
		          "9.9\"]"),
		  "{}", MADE(",\"dns\":{\"nameservers\":[\"9.9.9.9\"]}") },
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct failure f = { 0 };
		const char *network = cases[i].network, *endpoint = cases[i].endpoint;
		OWNED(json_release) cJSON *n = json_parse(network, strlen(network), "it", &f);
		OWNED(json_release) cJSON *e = json_parse(endpoint, strlen(endpoint), "it", &f);
		OWNED(json_release) cJSON *made = network_config(n, e, false, &f);
		OWNED(text_release) char *text = cJSON_PrintUnformatted(made);
		expect(v, same_text(text, cases[i].made), "%s became %s (%s: %s)", network,
		       text ? text : "nothing", f.msg, f.details);
	}
}

static void an_invalid_network_is_refused_and_read_leniently(struct verdict *v)
{
	static const struct {
		const char *network, *endpoint, *msg;
	} cases[] = {
		{ NETWORK(",\"ipam_options\":{\"driver\":\"static\"}"), "{}",
		  "configuration key ipam_options.driver is \"static\"" },
		{ NETWORK(",\"ipam_options\":{\"driver\":\"host-local\"}"), "{}",
		  "IPAM driver host-local of a network without subnets" },
		{ NETWORK(SUBNET ",\"ipam_options\":{\"driver\":\"dhcp\"}"), "{}",
		  "IPAM driver dhcp of a network that has subnets" },
		{ NETWORK(SUBNET ",\"ipam_options\":{\"driver\":\"none\"}"), "{}",
		  "IPAM driver none of a network that has subnets" },
		{ NETWORK(",\"ipam_options\":{\"driver\":\"none\"}"),
		  "{\"static_ips\":[\"10.9.9.9\"]}",
		  "IP address \"10.9.9.9\" on a network with IPAM driver none" },
		{ NETWORK(""), "{\"static_ips\":[\"10.9.9.9\"]}",
		  "IP address \"10.9.9.9\" on a network with IPAM driver dhcp" },
		{ NETWORK(SUBNET), "{\"static_ips\":[\"10.1.0.9\",\"10.9.9.9\"]}",
		  "IP address 10.9.9.9 is in no subnet of the network" },
		{ NETWORK(SUBNET), "{\"static_ips\":null}",
		  "netavark passed no IP addresses for the container" },
		{ NETWORK(SUBNET), "{\"static_ips\":[\"10.1.0.2/16\"]}",
		  "configuration key network_options.static_ips[0] is \"10.1.0.2/16\"" },
		{ NETWORK(SUBNET), "{\"static_ips\":[\"10.1.0.2\"],\"static_mac\":2}",
		  "configuration key network_options.static_mac is 2" },
		{ NETWORK(",\"subnets\":[{\"subnet\":\"10.1.0.0\"}]"), "{}",
		  "configuration key network.subnets[0].subnet is \"10.1.0.0\"" },
		{ NETWORK(",\"subnets\":[7]"), "{}", "configuration key network.subnets[0] is 7" },
		{ NETWORK(",\"subnets\":[{\"subnet\":\"10.1.0.0/16\",\"gateway\":\"10.2.0.1\"}]"),
		  "{}", "gateway 10.2.0.1 is not in subnet 10.1.0.0/16" },
		{ NETWORK(",\"subnets\":[{\"subnet\":\"10.1.0.0/16\"},{\"subnet\":\"10.1.2.0/24\"}"
		          "]"),
		  "{}", "overlapping subnets: 10.1.0.0/16 and 10.1.2.0/24" },
		{ NETWORK(",\"subnets\":[{\"subnet\":\"10.1.0.0/16\"},{\"subnet\":\"10.1.0.0/16\"}"
		          "]"),
		  "{}", "overlapping subnets: 10.1.0.0/16 and 10.1.0.0/16" },
		{ NETWORK(",\"network_interface\":\"a/b\""), "{}",
		  "configuration key network.network_interface is \"a/b\"" },
		{ NETWORK(",\"network_dns_servers\":[\"dns\"]"), "{}",
		  "configuration key network.network_dns_servers is [\"dns\"]" },
		{ NETWORK(",\"options\":[]"), "{}", "cannot decode the options of the network" },
		{ NETWORK(",\"options\":{\"mtu\":1500}"), "{}", "option mtu" },
		{ NETWORK(SUBNET ",\"routes\":[{\"destination\":\"10.9.0.1/24\",\"gateway\":"
		                 "\"10.1.0.9\"}]"),
		  "{\"static_ips\":[\"10.1.0.2\"]}",
		  "configuration key network.routes[0].destination is \"10.9.0.1/24\"" },
		{ NETWORK(SUBNET ",\"routes\":[{\"destination\":\"10.9.0.0/24\"}]"),
		  "{\"static_ips\":[\"10.1.0.2\"]}",
		  "configuration key network.routes[0].destination is \"10.9.0.0/24\"" },
		{ NETWORK(SUBNET ",\"routes\":[{\"destination\":\"10.9.0.0/24\",\"gateway\":"
		                 "\"10.2.0.9\"}]"),
		  "{\"static_ips\":[\"10.1.0.2\"]}",
		  "configuration key network.routes[0].gateway is \"10.2.0.9\"" },
		{ NETWORK(SUBNET ",\"routes\":[{\"destination\":\"10.9.0.0/24\",\"route_type\":"
		                 "\"blackhole\"}]"),
		  "{\"static_ips\":[\"10.1.0.2\"]}",
		  "configuration key network.routes[0].route_type is \"blackhole\"" },
		{ NETWORK(SUBNET ",\"routes\":[\"x\"]"), "{\"static_ips\":[\"10.1.0.2\"]}",
		  "configuration key network.routes[0] is \"x\"" },
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct failure f = { 0 };
		const char *network = cases[i].network, *endpoint = cases[i].endpoint;
		OWNED(json_release) cJSON *n = json_parse(network, strlen(network), "it", &f);
		OWNED(json_release) cJSON *e = json_parse(endpoint, strlen(endpoint), "it", &f);
		OWNED(json_release) cJSON *made = network_config(n, e, false, &f);
		expect(v, !made && f.code && same_text(f.msg, cases[i].msg), "%s: %s", network,
		       made ? "accepted" : f.msg);
		failure_clear(&f);
		OWNED(json_release) cJSON *lenient = network_config(n, e, true, &f);
		expect(v, lenient && !f.code, "%s leniently: %s", network, f.msg);
	}
}

int main(void)
{
	static const struct unit units[] = {
		UNIT(an_option_becomes_a_value_of_its_keys_type),
		UNIT(an_invalid_option_is_refused_with_its_value),
		UNIT(a_later_option_replaces_an_earlier_one),
		UNIT(a_network_becomes_a_configuration),
		UNIT(an_invalid_network_is_refused_and_read_leniently),
	};
	return units_run(units, COUNT_OF(units));
}
