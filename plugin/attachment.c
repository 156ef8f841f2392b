/* SPDX-License-Identifier: Apache-2.0 */
/* Holding an attachment. */
#include "plugin/attachment.h"
#include "base/random.h"

#include "plugin/master.h"

#include <errno.h>
#include <linux/if_link.h>

void attachment_release(struct attachment *a)
{
	result_release(&a->previous);
	sandbox_release(&a->sandbox);
	host_release(&a->host);
}

struct rtnl *attachment_master_rtnl(struct attachment *a)
{
	return a->config.link_in_container ? &a->sandbox.rtnl : &a->host.rtnl;
}

enum found attachment_below(struct attachment *a, struct link *below, struct failure *f)
{
	if (a->config.link_in_container)
		return master_in_container_below(&a->host, &a->sandbox, &a->target.master, below,
		                                 f);
	return master_below(&a->host.rtnl, &a->target.master, below, f) < 0 ? FOUND_FAILED : FOUND;
}

int attachment_expressible(const struct attachment *a, struct failure *f)
{
	if (a->request->version >= V0_3_0 || a->config.ipam || a->previous.n_ips)
		return 0;
	return fail(f, CNI_CONFIG,
	            "a result of this version must have an address: configure ipam, or "
	            "cniVersion 0.3.0 or later",
	            "cannot convert: no valid IP addresses");
}

int attachment_mac(const struct attachment *a, struct mac *mac, struct failure *f)
{
	if (a->config.has_mac) {
		*mac = a->config.mac;
		return 0;
	}
	if (a->target.takeover.link.index) {
		*mac = a->target.takeover.link.mac;
		return 0;
	}
	if (a->target.mode == MACVLAN_MODE_PASSTHRU) {
		*mac = a->target.master.mac;
		return 0;
	}
	if (!random_draw(mac->byte, sizeof mac->byte))
		return fail_errno(f, errno, "draw a MAC address");
	mac->byte[0] = (uint8_t)((mac->byte[0] & 0xfc) | 0x02); /* unicast, locally administered */
	return 0;
}
