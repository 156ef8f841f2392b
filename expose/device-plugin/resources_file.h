/* SPDX-License-Identifier: Apache-2.0 */
/* Writes <state>/resources.json: the interface and mode of each resource, for the CNI call, which
 * reads it by record/resources.h. */
#ifndef EXPOSE_DEVICE_PLUGIN_RESOURCES_FILE_H
#define EXPOSE_DEVICE_PLUGIN_RESOURCES_FILE_H

#include "expose/device-plugin/dp_config.h"

/* Replaces the rows of this namespace in the file, atomically, with mode 0644. Keeps the rows of
 * other device plugins' namespaces, except those with a name of ours. The file stays when the
 * device plugin ends: a pod that has a device needs no device plugin for its next ADD. */
int resources_file_write(const struct dp_entry *const entries[], size_t n, const char *name_space,
                         struct failure *f) MUST_CHECK;

#endif
