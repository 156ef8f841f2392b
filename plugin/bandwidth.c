/* SPDX-License-Identifier: Apache-2.0 */
/* Reading and checking limits. */
#include "plugin/bandwidth.h"

#include "base/json.h"
#include "base/keys.h"

#include <inttypes.h>
#include <stddef.h>

#define FIELD(member) .offset = offsetof(struct bandwidth, member)
static const struct key keys[] = {
	{ "ingressRate", KEY_LONG, FIELD(ingress_rate) },
	{ "ingressBurst", KEY_LONG, FIELD(ingress_burst) },
	{ "egressRate", KEY_LONG, FIELD(egress_rate) },
	{ "egressBurst", KEY_LONG, FIELD(egress_burst) },
};
#undef FIELD

int bandwidth_read(struct bandwidth *b, const cJSON *runtime_config, struct failure *f)
{
	const struct key_scope scope = { json_member(runtime_config, "bandwidth"),
		                         "runtimeConfig.bandwidth", f };

	if (!cJSON_IsObject(scope.object))
		return 0;
	*b = (struct bandwidth){ 0 };
	return keys_read(keys, sizeof keys / sizeof *keys, &scope, b);
}

/* A frame of 512 KiB (BIG TCP) at a lower rate takes more time than the guard counts. */
enum { RATE_MIN = 1000 };

static int rate_check(uint64_t rate, uint64_t burst, const char *rate_key, const char *burst_key,
                      struct failure *f)
{
	if (burst && !rate)
		return fail(f, CNI_CONFIG, "a burst is what may exceed a rate",
		            "configuration key %s needs %s", burst_key, rate_key);
	if (rate && rate < RATE_MIN)
		return fail(f, CNI_CONFIG, "it is in bits a second, and 1000 is the lowest",
		            "configuration key %s: %" PRIu64, rate_key, rate);
	return 0;
}

int bandwidth_check(const struct bandwidth *b, struct failure *f)
{
	if (rate_check(b->ingress_rate, b->ingress_burst, "ingressRate", "ingressBurst", f) < 0)
		return -1;
	return rate_check(b->egress_rate, b->egress_burst, "egressRate", "egressBurst", f);
}

const char *bandwidth_key(const struct bandwidth *b)
{
	if (b->egress_rate)
		return "egressRate";
	return b->ingress_rate ? "ingressRate" : NULL;
}
