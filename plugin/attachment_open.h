/* SPDX-License-Identifier: Apache-2.0 */
/* Opening an attachment: reading its configuration and opening its namespaces, before the call
 * creates anything. */
#ifndef PLUGIN_ATTACHMENT_OPEN_H
#define PLUGIN_ATTACHMENT_OPEN_H

#include "plugin/attachment.h"

/* Why a call opens an attachment. */
enum attachment_use {
	ATTACHMENT_NEW,      /* to create it */
	ATTACHMENT_EXISTING, /* an earlier call created it */
};

/* Open the namespaces, read the configuration and prevResult, and find the target. Needs the
 * privileges of PRIVILEGE_OPENING. The caller gives them up after it has opened what else it needs.
 * A new attachment must not be in the namespace of this process, unless the request allows that.
 * The caller releases a in any case. Returns 0, or -1: CNI_ENV, CNI_OWN_NETNS, CNI_CONFIG,
 * CNI_DECODE, CNI_IO, and the kernel's. */
int attachment_open(struct attachment *a, const struct request *r, enum attachment_use use,
                    struct failure *f) MUST_CHECK;

/* Open the attachment of an endpoint whose link is gone, to make the link again: like
 * attachment_open(), but the record names mode and master, unless the configuration does. */
int attachment_reopen(struct attachment *a, const struct request *r, const struct endpoint *record,
                      struct failure *f) MUST_CHECK;

#endif
