/* SPDX-License-Identifier: Apache-2.0 */
/* Whether the device plugin is ready: kubelet has registered all of its resources. */
#ifndef EXPOSE_DEVICE_PLUGIN_READINESS_H
#define EXPOSE_DEVICE_PLUGIN_READINESS_H

#include "expose/common/health.h"
#include "expose/device-plugin/inventory.h"

/* Returns whether the inventory is ready. Sets `text` to the first reason if it is not, else to the
 * interfaces that are gone: kubelet knows that their devices are of no use, so that is no reason.
 */
bool inventory_ready(const struct inventory *all, char text[static HEALTH_TEXT]);

#endif
