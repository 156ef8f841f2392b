/* SPDX-License-Identifier: Apache-2.0 */
/* The directories in which runtimes look for plugins, and which files there are podtap. */
#ifndef CONTROL_PLUGINS_H
#define CONTROL_PLUGINS_H

#include "control/node.h"

#include <limits.h>

/* Call on_directory() for each directory of plugins that the node has: those of distributions, that
 * of containerd's configuration, or those of CNI_PATH. */
void plugin_directories_each(const struct node *node,
                             void (*on_directory)(const char *path, void *data), void *data);

/* Whether a file of a directory of plugins is podtap: under its name, or as a link to it. */
bool plugin_is_podtap_in(const struct node *node, const char *directory, const char *name);

/* The same, in the first directory that has a file of that name; the name "podtap" always is. */
bool plugin_is_podtap(const struct node *node, const char *name);

#endif
