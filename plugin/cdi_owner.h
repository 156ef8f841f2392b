/* SPDX-License-Identifier: Apache-2.0 */
/* The owner of a CDI device's name: the living endpoint that has it, and the pod of that endpoint.
 */
#ifndef PLUGIN_CDI_OWNER_H
#define PLUGIN_CDI_OWNER_H

#include "netns/host.h"
#include "record/endpoint.h"

/* Refuse a device name that a living endpoint of another pod has. A new sandbox of the same pod
 * takes the name over. The same pod has the same namespace, the same name and, if both are known,
 * the same UID. *former is the interface index of the endpoint that loses the name, 0 if no
 * endpoint has it. Do nothing without e->cdi. Opens namespaces: PRIVILEGE_OPENING. Returns 0, or
 * -1: CNI_OTHER; CNI_IO and the kernel's if that endpoint cannot be examined. */
int cdi_permit(const struct endpoint *e, const struct host *host, uint32_t *former,
               struct failure *f) MUST_CHECK;

#endif
