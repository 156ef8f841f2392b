/* SPDX-License-Identifier: Apache-2.0 */
/* Setting the links of guests down and up. */
#include "record/yield.h"

#include "netns/sandbox.h"
#include "record/verify.h"

#include <errno.h>
#include <string.h>

static int refuse(const struct endpoint *e, const char *why, struct failure *f)
{
	return fail(f, CNI_OTHER, why, "interface %s of container %s", e->ifname, e->container_id);
}

int endpoint_is_guests(const struct endpoint *e, struct failure *f)
{
	if (endpoint_is_newer(e))
		return refuse(e, "its record is of a newer podtap", f);
	if (!e->ready)
		return refuse(e, "its ADD is under way or was ended", f);
	if (!e->tap.path)
		return refuse(e, "it has no tap, so no guest uses it", f);
	if (!e->address_owner || strcmp(e->address_owner, "guest") != 0)
		return refuse(e, "its addresses are the pod's, not the guest's (addressOwner)", f);
	return 0;
}

static int flags_set(struct rtnl *nl, const struct link *link, bool up, struct failure *f)
{
	struct failure refusal = { 0 };
	char mac[MAC_TEXT];

	if (link_flags(nl, link->index, up ? IFF_UP : 0, up ? 0 : IFF_UP, &refusal) == 0)
		return 0;
	if (errno != EADDRINUSE)
		return failure_pass(f, &refusal);
	return fail(f, CNI_AGAIN, "another link on its master has its MAC address",
	            "bring link %u with %s up", link->index, mac_format(&link->mac, mac));
}

/* Whether the link's master is this interface of the host. */
static int stands_on(const struct link *link, struct rtnl *nl, const struct host *host,
                     uint32_t master, struct failure *f)
{
	int32_t number;

	if (link->lower != master)
		return 0;
	if (link_netns_number(nl, host->netns, &number, f) < 0)
		return -1;
	return number >= 0 && link->lower_netns == number;
}

enum found endpoint_set_up(const struct endpoint *e, const struct host *host, uint32_t master,
                           bool up, struct failure *f)
{
	OWNED(sandbox_release) struct sandbox sandbox = SANDBOX_CLOSED;
	struct link link;

	if (endpoint_is_guests(e, f) < 0)
		return FOUND_FAILED;
	const enum found open = endpoint_sandbox(e, NULL, host, 0, &sandbox, f);
	if (open == FOUND_NONE)
		refuse(e, "its network namespace is gone", f);
	if (open != FOUND)
		return FOUND_FAILED;
	const enum found found = endpoint_link(e, &sandbox, &link, f);
	if (found == FOUND_NONE)
		refuse(e, "it is gone", f);
	if (found != FOUND)
		return FOUND_FAILED;
	if (!link.partial && !(link.flags & IFF_UP) == !up)
		return FOUND_NONE;
	const int on = master ? stands_on(&link, &sandbox.rtnl, host, master, f) : 1;
	if (on <= 0)
		return on < 0 ? FOUND_FAILED : FOUND_NONE;
	return flags_set(&sandbox.rtnl, &link, up, f) < 0 ? FOUND_FAILED : FOUND;
}
