/* SPDX-License-Identifier: Apache-2.0 */
/* The names of taps as CDI devices. Every name is unique. There are three kinds:
 *
 *   resources'  RESOURCEMvpNUMBER, which the device plugin gives out; used unchanged
 *   pods'       [NAMESPACE_]POD_INTERFACE, for the key cdi: has a '_', and never the form above
 *   chosen      any other deviceID: has no '_'
 *
 * A character that is not allowed in its place, or in a name of its kind, becomes ':' and two
 * hexadecimal digits. So does ':' itself. */
#ifndef PLUGIN_CDI_NAME_H
#define PLUGIN_CDI_NAME_H

#include "cni/request.h"
#include "plugin/config.h"

enum { CDI_NAME_MAX = 201 };

/* Make the device name for an attachment: the deviceID; or, with the key cdi, the pod's name. The
 * containerID replaces the pod's name if the runtime names no pod. `name` is "" if the
 * configuration asks for no device. Returns 0, or -1: CNI_CONFIG if the name is too long, CNI_ENV
 * if the pod's is. */
int cdi_name(const struct config *c, const struct request *r, char name[static CDI_NAME_MAX],
             struct failure *f) MUST_CHECK;

#endif
