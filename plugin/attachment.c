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
