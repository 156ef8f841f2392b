/* SPDX-License-Identifier: Apache-2.0 */
/* A UID for this node, for engines that have no nodes of their own. */
#ifndef EXPOSE_ADDRESSES_IDENTITY_H
#define EXPOSE_ADDRESSES_IDENTITY_H

#include "base/found.h"
#include "expose/addresses/masks.h"

/* Reads the UID under which this node entered before. FOUND_NONE: it never did, and the UID is a
 * random one, to propose. FOUND_FAILED (CNI_IO): it may have. */
enum found identity_read(const char *directory, char uid[static NODE_UID],
                         struct failure *f) MUST_CHECK;

/* Keeps the UID under which the node entered. Returns 0, or -1 (CNI_IO). */
int identity_write(const char *directory, const char *uid, struct failure *f) MUST_CHECK;

#endif
