/* SPDX-License-Identifier: Apache-2.0 */
/* Opening an attachment: reading its configuration and opening all that it needs, before the call
 * creates anything. */
#ifndef PLUGIN_ATTACHMENT_OPEN_H
#define PLUGIN_ATTACHMENT_OPEN_H

#include "plugin/attachment.h"

/* What an attachment is opened for. */
enum attachment_use {
	ATTACHMENT_NEW,      /* to be made */
	ATTACHMENT_EXISTING, /* made by an earlier call */
};

/* Open the namespaces, read configuration and prevResult, and find the target, with the privileges
 * of PRIVILEGE_OPENING, which the caller gives up once it has opened what else it needs. A new
 * attachment may not be in the namespace we run in, unless the request allows it. The caller
 * releases a in any case. Returns 0, or -1: CNI_ENV, CNI_OWN_NETNS, CNI_CONFIG, CNI_DECODE, CNI_IO,
 * and the kernel's. */
int attachment_open(struct attachment *a, const struct request *r, enum attachment_use use,
                    struct failure *f) MUST_CHECK;

#endif
