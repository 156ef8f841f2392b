/* SPDX-License-Identifier: Apache-2.0 */
/* Whether a folder for reservations could be made and used, found out without making anything. */
#ifndef IPAM_PLACE_H
#define IPAM_PLACE_H

#include "base/failure.h"
#include "base/owned.h"

/* Checks that an ADD could make the folder and its parents, or use the folder that is there. Code
 * CNI_UNAVAILABLE with the path that stands in the way and the reason. */
int place_check(const char *path, struct failure *f) MUST_CHECK;

#endif
