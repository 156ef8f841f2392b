/* SPDX-License-Identifier: Apache-2.0 */
/* The owner of the tap node, on the host and in the container. */
#ifndef PLUGIN_TAP_OWNER_H
#define PLUGIN_TAP_OWNER_H

#include "plugin/attachment.h"
#include "record/endpoint.h"

/* Write owner, group and mode of the tap to the endpoint: as the configuration has them, and the
 * host's ids for them if the container has a user namespace of its own. Needs PRIVILEGE_OPENING.
 * Returns 0, or -1: CNI_CONFIG if an id has no id on the host, or if vmDevices names a device that
 * this owner cannot open. */
int tap_owner_find(const struct attachment *at, struct endpoint *e, struct failure *f) MUST_CHECK;

#endif
