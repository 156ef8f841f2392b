/* SPDX-License-Identifier: Apache-2.0 */
/* Examining the cluster's pools on this node: whether podtap-addresses works, and whether addresses
 * are left. */
#include "control/doctor.h"

#include "base/json.h"
#include "ipam/pools_node.h"

#include <inttypes.h>
#include <time.h>

enum { CONTACT_MOST = 900 }; /* seconds: the list of five minutes has failed twice */

static const struct finding_kind fine = { LEVEL_OK, "pool", NULL, NULL };
static const struct finding_kind stopped = {
	LEVEL_ERROR, "pool-stopped", "ADDs get the addresses that the node holds, and then none",
	"start podtap-addresses, and look at its log"
};
static const struct finding_kind silent = {
	LEVEL_WARN, "pool-engine", "the node neither gets addresses nor gives any back",
	"look at the log of podtap-addresses, and at etcd or the Kubernetes API"
};
static const struct finding_kind short_of = { LEVEL_WARN, "pool-short", NULL,
	                                      "podtapctl pools -o wide shows who holds addresses" };
static const struct finding_kind nearly_full = {
	LEVEL_NOTE, "pool-nearly-full", "less than a quarter of its addresses is in no claim",
	"add a set to the pool, or make its range larger"
};
static const struct finding_kind lost = {
	LEVEL_WARN, "pool-lost",
	"it was gone for longer than reclaimAfter, and other nodes may give these addresses",
	"end the pods of that node that have them"
};

static void examine_pool(struct doctor *d, const struct node_pools *all, const struct node_pool *p)
{
	const char *back = json_string(json_member(p->file, "cameBack"));

	if (p->why)
		finding_add(d->findings, &short_of, p->why,
		            "pool %s: %" PRIu64 " of %" PRIu64 " addresses of this node are used",
		            p->name, p->used, p->held);
	if (json_member(p->file, "nearlyFull"))
		finding_add(d->findings, &nearly_full, NULL, "pool %s is nearly full", p->name);
	if (back)
		finding_add(d->findings, &lost, NULL,
		            "node %s uses addresses of pool %s that it does not hold any more",
		            back, p->name);
	if (all->runs && !p->why && !back)
		finding_add(d->findings, &fine, NULL,
		            "%s: %" PRIu64 " of %" PRIu64 " addresses of this node are used",
		            p->name, p->used, p->held);
}

void doctor_pools(struct doctor *d)
{
	OWNED(node_pools_release) struct node_pools all = { .n = 0 };
	struct failure f = { 0 };
	const int64_t now = (int64_t)time(NULL);

	if (node_pools_read(&all, NULL, d->node->path, &f) < 0) {
		finding_unknown(d->findings, &f);
		return;
	}
	if (all.n && !all.runs)
		finding_add(d->findings, &stopped, NULL,
		            "podtap-addresses does not run, and this node uses %zu pools", all.n);
	else if (all.n && now - all.contact > CONTACT_MOST)
		finding_add(d->findings, &silent, NULL,
		            "podtap-addresses heard of the engine %" PRId64 " minutes ago",
		            (now - all.contact) / 60);
	for (size_t i = 0; i < all.n; i++)
		examine_pool(d, &all, &all.pool[i]);
}
