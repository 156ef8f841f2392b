/* SPDX-License-Identifier: Apache-2.0 */
/* Whether a directory for reservations could be made and used, found out without making anything.
 */
#ifndef IPAM_PLACE_H
#define IPAM_PLACE_H

#include "base/failure.h"
#include "base/owned.h"

/* Checks that an ADD could make the directory at `path` and its parents, or use the directory that
 * is there, with the file `lock` in it (NULL: it has none). `what` is kept there, for the message.
 * Code CNI_UNAVAILABLE with the path that stands in the way and the reason. */
int place_check(const char *what, const char *path, const char *lock, struct failure *f) MUST_CHECK;

#endif
