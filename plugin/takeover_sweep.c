/* SPDX-License-Identifier: Apache-2.0 */
/* Remove the host link that a deviceID names. */
#include "plugin/takeover_sweep.h"

#include "plugin/policy.h"
#include "plugin/takeover.h"

#include <stdio.h>

/* Whether an ADD with this configuration can take over that link. */
static bool may_take_over(const struct request *r, const struct link *link,
                          const struct link *lower)
{
	struct failure refusal = { 0 };
	struct config c;

	config_read_leniently(&c, r);
	if (!c.kind->tap || c.link_in_container) /* no ADD takes a link over */
		return false;
	if (policy_permit_takeover(r, &c, link->mode, lower->name, &refusal) == 0)
		return true;
	fprintf(stderr, "podtap: %s is left alone: %s: %s\n", link->name, refusal.msg,
	        refusal.details);
	return false;
}

int takeover_sweep(const struct request *r, struct rtnl *host, struct failure *f)
{
	const char *device_id = config_device_id(r);
	struct link link, lower;
	enum found found = device_id ? takeover_find_link(host, device_id, &link, f) : FOUND_NONE;

	if (found == FOUND)
		found = link_by_index(host, link.lower, &lower, f);
	if (found != FOUND)
		return found;
	return may_take_over(r, &link, &lower) ? link_delete(host, link.index, f) : 0;
}
