/* SPDX-License-Identifier: Apache-2.0 */
/* The metrics of the cluster's pools, as this node has them. */
#include "expose/metrics/metrics.h"
#include "ipam/pools_node.h"

#include <inttypes.h>

static double addresses(const struct node_pool *p)
{
	return p->size;
}

static double held(const struct node_pool *p)
{
	return (double)p->held;
}

static double used(const struct node_pool *p)
{
	return (double)p->used;
}

static double idle(const struct node_pool *p)
{
	return p->held > p->used ? (double)(p->held - p->used) : 0;
}

static double waiting(const struct node_pool *p)
{
	return p->waits;
}

static const struct {
	const char *name;
	const char *help;
	double (*value)(const struct node_pool *p);
} gauges[] = {
	{ "podtap_pool_addresses", "Addresses of a pool of the cluster.", addresses },
	{ "podtap_pool_held", "Addresses of the pool that this node holds.", held },
	{ "podtap_pool_used", "Addresses of the pool that endpoints of this node have.", used },
	{ "podtap_pool_free", "Addresses of the pool that the next ADDs on this node get.", idle },
	{ "podtap_pool_waiting", "ADDs on this node that wait for an address.", waiting },
};

static void gauge_head(FILE *out, const char *name, const char *help)
{
	fprintf(out, "# HELP %s %s\n# TYPE %s gauge\n", name, help, name);
}

int pools_print(FILE *out, struct failure *f)
{
	OWNED(node_pools_release) struct node_pools all = { .n = 0 };

	if (node_pools_read(&all, NULL, "", f) < 0)
		return -1;
	if (!all.n)
		return 0;
	/* A pool's name is a DNS label: nothing in it needs an escape. */
	for (size_t g = 0; g < sizeof gauges / sizeof *gauges; g++) {
		gauge_head(out, gauges[g].name, gauges[g].help);
		for (size_t i = 0; i < all.n; i++)
			fprintf(out, "%s{pool=\"%s\"} %.0f\n", gauges[g].name, all.pool[i].name,
			        gauges[g].value(&all.pool[i]));
	}
	gauge_head(out, "podtap_addresses_up", "Whether podtap-addresses runs.");
	fprintf(out, "podtap_addresses_up %d\n", all.runs);
	gauge_head(out, "podtap_addresses_last_contact_timestamp_seconds",
	           "When etcd or the Kubernetes API answered it last.");
	fprintf(out, "podtap_addresses_last_contact_timestamp_seconds %" PRId64 "\n", all.contact);
	return 0;
}
