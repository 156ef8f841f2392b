/* SPDX-License-Identifier: Apache-2.0 */
/* What an ADD finds of an earlier one of the same attachment whose DEL never came. */
#ifndef PLUGIN_FORMER_H
#define PLUGIN_FORMER_H

#include "plugin/attachment.h"
#include "record/endpoint.h"

/* Removes what is left of an attachment's former endpoint: its reservation, its devices, its
 * record. One that lives is refused as it is, wherever it lives; one that an ADD never completed
 * does not live. The caller owns the attachment; `e` is the endpoint that it is about to make. The
 * former endpoint may be in another namespace: PRIVILEGE_OPENING. */
int former_clear(struct attachment *a, const struct endpoint *e, struct failure *f) MUST_CHECK;

#endif
