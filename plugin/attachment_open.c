/* SPDX-License-Identifier: Apache-2.0 */
/* Open an attachment. */
#include "plugin/attachment_open.h"

#include "base/json.h"
#include "ipam/ipam.h"
#include "netns/privilege.h"
#include "plugin/mac.h"

enum { QUEUES_HEARD = 16 };

static int check_not_own(const struct attachment *a, int netns, struct failure *f)
{
	int own = host_is(&a->host, netns, f);
	if (own > 0)
		return fail(
		        f, CNI_OWN_NETNS,
		        "it is the namespace the plugin runs in; CNI_NETNS_OVERRIDE=1 allows it",
		        "plugin's netns and netns from CNI_NETNS should not be the same: %s",
		        a->request->netns);
	return own;
}

static int read_previous(struct attachment *a, struct failure *f)
{
	const cJSON *previous = json_member(a->request->json, "prevResult");

	if (!previous)
		return 0;
	a->chained = true;
	return result_read(&a->previous, previous, a->request->version, "prevResult", f);
}

/* Choose what reports the number of the tap. Each queue has events of its own, and too many of them
 * would displace the tap's. The number of queues of a link that another program made is not known.
 */
static unsigned taps_by(const struct attachment *a, enum attachment_use use)
{
	const struct config *c = &a->config;

	if (!c->kind->tap)
		return 0;
	return use == ATTACHMENT_NEW && c->queues <= QUEUES_HEARD && !a->target.takeover.link.index
	               ? SANDBOX_EVENTS
	               : SANDBOX_SYSFS;
}

/* Returns whether IPAM may give an address that must be proved unused. */
static bool may_need_proof(const struct attachment *a)
{
	const char *pool = json_string(json_member(json_member(a->request->json, "ipam"), "pool"));

	return a->config.ipam && pool && held_unproved(pool);
}

static unsigned extras_of(const struct attachment *a, enum attachment_use use)
{
	const struct config *c = &a->config;

	return taps_by(a, use) | (c->acd || may_need_proof(a) ? SANDBOX_ARP : 0u) |
	       (c->ipam || c->address_owner == OWNER_GUEST ? SANDBOX_IPV6 : 0u) |
	       sysctls_extras(&c->sysctls);
}

static int open_all(struct attachment *a, const struct request *r, enum attachment_use use,
                    const struct endpoint *record, struct failure *f)
{
	const bool own_allowed = use == ATTACHMENT_EXISTING || record || r->netns_override;

	*a = (struct attachment){ .request = r, .host = HOST_CLOSED, .sandbox = SANDBOX_CLOSED };
	if (host_open(&a->host, f) < 0)
		return -1;
	OWNED(fd_release) int netns = netns_open(r->netns, f);
	if (netns < 0 || (!own_allowed && check_not_own(a, netns, f) < 0))
		return -1;
	if (config_read(&a->config, r, true, f) < 0 ||
	    (use == ATTACHMENT_NEW && !record && mac_derive(&a->config, r, f) < 0) ||
	    read_previous(a, f) < 0 ||
	    privilege_keep(PRIVILEGE_OPENING, ipam_delegates(a->config.ipam), f) < 0)
		return -1;
	const struct target_search search = {
		&a->config, r, &a->previous, &a->host, use == ATTACHMENT_EXISTING, record
	};
	if (target_name(&a->target, &search, f) < 0 ||
	    sandbox_open(&a->sandbox, a->host.netns, fd_take(&netns), extras_of(a, use), f) < 0)
		return -1;
	return target_find(&a->target, &search, &a->sandbox, f);
}

int attachment_open(struct attachment *a, const struct request *r, enum attachment_use use,
                    struct failure *f)
{
	return open_all(a, r, use, NULL, f);
}

int attachment_reopen(struct attachment *a, const struct request *r, const struct endpoint *record,
                      struct failure *f)
{
	return open_all(a, r, ATTACHMENT_NEW, record, f);
}
