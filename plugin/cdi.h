/* SPDX-License-Identifier: Apache-2.0 */
/* The CDI specification of an endpoint's tap: one file a device name, under which runtimes that
 * know CDI hand the tap to a container (--device podtap.dev/tap=NAME). */
#ifndef PLUGIN_CDI_H
#define PLUGIN_CDI_H

#include "cni/request.h"
#include "plugin/config.h"
#include "record/endpoint.h"

enum { CDI_NAME_MAX = 201 };

/* The device name an attachment's configuration asks for: deviceID, or with "cdi" the pod's
 * namespace, its name and the interface, joined by '_'; where the runtime names no pod, the
 * containerID stands for it. What CDI allows in no name becomes '-', at either end 'x', and a
 * hash of what was asked for is appended, so that two such names stay two. "" where no device is
 * asked for. Code CNI_CONFIG where the name is too long. */
int cdi_name(const struct config *c, const struct request *r, char name[static CDI_NAME_MAX],
             struct failure *f) MUST_CHECK;

/* Writes the specification of the device e->cdi, atomically, in place of an earlier endpoint's of
 * that name. Success, with nothing done, without e->cdi. The record must name the device already:
 * whoever finds only the record then knows which file to remove. */
int cdi_write(const struct endpoint *e, struct failure *f) MUST_CHECK;

/* Removes the specification while it is this endpoint's; a successor's of that name stays. */
int cdi_remove(const struct endpoint *e, struct failure *f) MUST_CHECK;

/* The same for a link no record tells of: of all specifications of ours, the one of its tap. */
int cdi_remove_unrecorded(uint32_t ifindex, struct failure *f) MUST_CHECK;

#endif
