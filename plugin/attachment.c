/* SPDX-License-Identifier: Apache-2.0 */
/* Holding an attachment. */
#include "plugin/attachment.h"

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

int attachment_expressible(const struct attachment *a, struct failure *f)
{
	if (a->request->version >= V0_3_0 || a->config.ipam || a->previous.n_ips)
		return 0;
	return fail(f, CNI_CONFIG,
	            "a result of this version must have an address: configure ipam, or "
	            "cniVersion 0.3.0 or later",
	            "cannot convert: no valid IP addresses");
}
