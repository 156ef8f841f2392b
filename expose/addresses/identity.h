/* SPDX-License-Identifier: Apache-2.0 */
/* A UID for this node, for engines that have no nodes of their own. */
#ifndef EXPOSE_ADDRESSES_IDENTITY_H
#define EXPOSE_ADDRESSES_IDENTITY_H

#include "expose/addresses/masks.h"

/* Reads the UID under which this node entered before. Returns false if it never did: then it is a
 * random one, to propose. */
bool identity_read(const char *directory, char uid[static NODE_UID]);

/* Keeps the UID under which the node entered. Returns 0, or -1 (CNI_IO). */
int identity_write(const char *directory, const char *uid, struct failure *f) MUST_CHECK;

#endif
