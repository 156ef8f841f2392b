/* SPDX-License-Identifier: Apache-2.0 */
/* Which keys of a configuration are unknown, and which known key each is taken to mean. */
#include "base/json.h"
#include "plugin/unknown.h"
#include "tests/unit/unit.h"

struct said {
	char text[512];
};

static void on_key(const char *path, const char *meant, void *data)
{
	struct said *s = data;
	const size_t n = strlen(s->text);

	snprintf(s->text + n, sizeof s->text - n, "%s=%s ", path, meant ? meant : "");
}

static const char *unknown_of(const char *config, struct said *s)
{
	struct failure f = { 0 };
	OWNED(json_release) cJSON *json = json_parse(config, strlen(config), "", &f);

	s->text[0] = '\0';
	config_unknown(json, &(struct unknown_visit){ on_key, s });
	return s->text;
}

static const struct {
	const char *config;
	const char *unknown;
} cases[] = {
	{ "{}", "" },
	{ "{\"cniVersion\":\"1.1.0\",\"name\":\"n\",\"type\":\"podtap\",\"master\":\"x\","
	  "\"args\":{\"a\":1},\"prevResult\":{\"b\":1},\"sysctl\":{\"c\":1},\"dns\":{\"d\":1}}",
	  "" },
	{ "{\"mastr\":\"x\"}", "mastr=master " },
	{ "{\"Master\":\"x\"}", "" }, /* as the reference plugins read keys */
	{ "{\"host_access\":true}", "host_access=hostAccess " },
	{ "{\"log-file\":\"/x\"}", "log-file=logFile " },
	{ "{\"mtus\":1,\"mdoe\":\"bridge\"}", "mtus=mtu mdoe=mode " },
	{ "{\"vlan\":1,\"\":2}", "vlan= = " },
	{ "{\"ipam\":{\"type\":\"podtap-ipam\",\"range_start\":\"1\",\"rnages\":[]}}",
	  "ipam.range_start=rangeStart ipam.rnages=ranges " },
	{ "{\"ipam\":{\"type\":\"podtap-ipam\",\"range\":\"x\",\"range_start\":\"1\"}}", "" },
	{ "{\"ipam\":{\"type\":\"host-local\",\"range_start\":\"1\"}}", "" },
	{ "{\"ipam\":{\"type\":\"podtap-ipam\",\"ranges\":[[{\"subnet\":\"x\"},{\"gatway\":\"x\"}]]"
	  "}}",
	  "ipam.ranges[0][1].gatway=gateway " },
	{ "{\"ipam\":{\"type\":\"podtap-ipam\",\"addresses\":[{\"adress\":\"x\"}],\"ranges\":{}}}",
	  "ipam.addresses[0].adress=address " },
	{ "{\"ipam\":[],\"sourceMacs\":{\"x\":1}}", "" },
	{ "[\"mastr\"]", "" }, /* the items of a list have no names */
};

static void count(const char *path, const char *meant, void *data)
{
	(void)path, (void)meant;
	++*(size_t *)data;
}

static void of_many_unknown_keys_the_first_are_visited(struct verdict *v)
{
	OWNED(json_release) cJSON *json = cJSON_CreateObject();
	char name[16];
	size_t n = 0;

	for (int i = 0; i <= 2 * UNKNOWN_KEYS_MAX; i++) {
		snprintf(name, sizeof name, "mastr%d", i);
		cJSON_AddNullToObject(json, name);
	}
	config_unknown(json, &(struct unknown_visit){ count, &n });
	expect(v, n == UNKNOWN_KEYS_MAX, "%zu", n);
}

static void unknown_keys_are_found_with_what_they_mean(struct verdict *v)
{
	struct said s;

	for (size_t i = 0; i < COUNT_OF(cases); i++)
		expect(v, same_text(unknown_of(cases[i].config, &s), cases[i].unknown), "%s: %s",
		       cases[i].config, unknown_of(cases[i].config, &s));
}

int main(void)
{
	static const struct unit units[] = {
		UNIT(unknown_keys_are_found_with_what_they_mean),
		UNIT(of_many_unknown_keys_the_first_are_visited),
	};
	return units_run(units, COUNT_OF(units));
}
