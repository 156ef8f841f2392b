/* SPDX-License-Identifier: Apache-2.0 */
/* The former endpoint of an attachment: an earlier ADD created it, and no DEL came. */
#ifndef PLUGIN_FORMER_H
#define PLUGIN_FORMER_H

#include "plugin/attachment.h"
#include "record/endpoint.h"

/* Remove what is left of an attachment's former endpoint: its reservation, its devices and its
 * record. Refuse a former endpoint that lives, in any namespace, and leave it as it is. An endpoint
 * that its ADD did not complete does not live. The caller owns the attachment. `e` is the endpoint
 * that it is about to create. The former endpoint may be in another namespace: PRIVILEGE_OPENING.
 */
int former_clear(struct attachment *a, const struct endpoint *e, struct failure *f) MUST_CHECK;

#endif
