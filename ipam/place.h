/* SPDX-License-Identifier: Apache-2.0 */
/* Testing, without making anything, whether a directory for reservations can be made and used. */
#ifndef IPAM_PLACE_H
#define IPAM_PLACE_H

#include "base/failure.h"
#include "base/owned.h"

/* Check that an ADD can make the directory at `path` and its parents, or use the existing directory
 * with the file `lock` in it (NULL: no lock file). `what` names its contents in the message.
 * Returns 0, or -1 (CNI_UNAVAILABLE) with the failing path and the reason. */
int place_check(const char *what, const char *path, const char *lock, struct failure *f) MUST_CHECK;

#endif
