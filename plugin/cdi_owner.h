/* SPDX-License-Identifier: Apache-2.0 */
/* Whose the name of a CDI device is: of the living endpoint that has it, and of its pod. */
#ifndef PLUGIN_CDI_OWNER_H
#define PLUGIN_CDI_OWNER_H

#include "netns/host.h"
#include "record/endpoint.h"

/* Refuse a device name that a living endpoint of another pod has. A new sandbox of the same pod
 * takes it over: that has the same namespace, name and, where both are known, UID. *former is the
 * interface index of the endpoint that has to give way, 0 if no endpoint has the name. Success
 * without e->cdi. Opens namespaces: PRIVILEGE_OPENING. Codes: CNI_OTHER; CNI_IO and the kernel's
 * where that endpoint cannot be looked at. */
int cdi_permit(const struct endpoint *e, const struct host *host, uint32_t *former,
               struct failure *f) MUST_CHECK;

#endif
