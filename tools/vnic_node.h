/* SPDX-License-Identifier: Apache-2.0 */
/* Finding the tap node of an interface of this container. */
#ifndef TOOLS_VNIC_NODE_H
#define TOOLS_VNIC_NODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Write the path of the tap node of an interface: DIRECTORY/tap<ifindex>. If no such file exists,
 * it is another DIRECTORY/tap<number> with the device number of the interface: a runtime that makes
 * the interface again, as podman network reload does, leaves the container the node of the former
 * index. Without either, the path is the first one. Returns false with errno: the path is too long.
 */
bool vnic_node(uint32_t ifindex, const char *directory, char *path, size_t size);

#endif
