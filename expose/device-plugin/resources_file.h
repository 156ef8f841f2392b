/* SPDX-License-Identifier: Apache-2.0 */
/* What the device plugin tells the CNI call (record/resources.h reads it): the interface and mode
 * behind each resource, in <state>/resources.json. */
#ifndef EXPOSE_DEVICE_PLUGIN_RESOURCES_FILE_H
#define EXPOSE_DEVICE_PLUGIN_RESOURCES_FILE_H

#include "expose/device-plugin/dp_config.h"

/* Replaces the namespace's rows in the file, 0644, whole or not at all; those of other device
 * plugins' namespaces stay, but for a name that is also one of ours. It stays when the device
 * plugin ends: pods that have a device get their endpoint anew without it. */
int resources_file_write(const struct dp_entry *const entries[], size_t n, const char *name_space,
                         struct failure *f) MUST_CHECK;

#endif
