/* SPDX-License-Identifier: Apache-2.0 */
/* Examining the interface that an endpoint stands on. */
#include "control/examine.h"

#include <linux/if.h>
#include <string.h>

static const struct finding_kind elsewhere = { LEVEL_WARN, "master-elsewhere",
	                                       "something moved it into another network namespace",
	                                       "recreate the container" };
static const struct finding_kind renamed = {
	LEVEL_WARN, "master-renamed",
	"the endpoint works, and the next ADD of this network will not find the name",
	"rename it back, or correct the key master"
};
static const struct finding_kind other = {
	LEVEL_WARN, "master-other",
	"another interface got that name since, and the next ADD takes that one",
	"rename them, or correct the key master"
};
static const struct finding_kind down = { LEVEL_ERROR, "master-down",
	                                  "nothing passes a master that is down",
	                                  "ip link set MASTER up" };
static const struct finding_kind no_carrier = { LEVEL_ERROR, "master-no-carrier",
	                                        "its cable, port or lower interface is off",
	                                        "connect it to the LAN" };

/* Find the namespace of the link's master. Returns a socket in it, or NULL: without a failure if it
 * is neither the host's nor the container's. */
static struct rtnl *master_rtnl(struct examination *x, struct failure *f)
{
	const struct link *link = &x->comparison.link;
	struct host *host = &x->examiner->verifier.host;
	int32_t number = -1;

	if (link->lower_netns < 0)
		return &x->sandbox.rtnl;
	if (link_netns_number(&x->sandbox.rtnl, host->netns, &number, f) < 0)
		return NULL;
	return number == link->lower_netns ? &host->rtnl : NULL;
}

/* Compares the master's name with the record's. An alternative name will do, and a macvlan that
 * stands on the master: the kernel puts its endpoints on the master itself. */
static int examine_name(struct examination *x, struct rtnl *nl, const struct link *master,
                        struct failure *f)
{
	const char *name = x->endpoint->master;
	struct findings *l = x->examiner->findings;
	struct link named;

	if (!name || strcmp(master->name, name) == 0)
		return 0;
	const enum found found = link_by_name(nl, name, &named, f);
	if (found == FOUND_FAILED)
		return -1;
	if (found == FOUND_NONE)
		finding_add(l, &renamed, NULL, "its master %s is now %s", name, master->name);
	else if (named.index != master->index && named.lower != master->index)
		finding_add(l, &other, NULL, "its master is %s, and %s is another interface",
		            master->name, name);
	return 0;
}

int examine_master(struct examination *x, struct failure *f)
{
	const struct link *link = &x->comparison.link;
	struct findings *l = x->examiner->findings;
	struct rtnl *nl = master_rtnl(x, f);
	struct link master;

	if (!nl && f->code)
		return -1;
	const enum found found = nl ? link_by_index(nl, link->lower, &master, f) : FOUND_NONE;
	if (found == FOUND_FAILED)
		return -1;
	if (found == FOUND_NONE) {
		finding_add(l, &elsewhere, NULL, "its master %s is not on the host",
		            x->endpoint->master);
		return 0;
	}
	if (!(master.flags & IFF_UP))
		finding_add(l, &down, NULL, "its master %s is down", master.name);
	else if (!(master.flags & IFF_LOWER_UP))
		finding_add(l, &no_carrier, NULL, "its master %s has no carrier", master.name);
	return examine_name(x, nl, &master, f);
}
