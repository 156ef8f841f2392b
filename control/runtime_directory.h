/* SPDX-License-Identifier: Apache-2.0 */
/* The directories that the configurations of containerd and CRI-O name. */
#ifndef CONTROL_RUNTIME_DIRECTORY_H
#define CONTROL_RUNTIME_DIRECTORY_H

#include "control/node.h"

#include <limits.h>

enum runtime_directory { RUNTIME_NETWORKS, RUNTIME_PLUGINS, RUNTIME_HOOKS };

enum { RUNTIMES = 2 };

/* Read the directory of networks, plugins or OCI hooks that the configuration of each runtime
 * names, the first one of a list, without a '/' at the end. Returns how many, each another one. */
size_t runtime_directories(const struct node *node, enum runtime_directory which,
                           char paths[static RUNTIMES][PATH_MAX]);

#endif
