/* SPDX-License-Identifier: Apache-2.0 */
/* A macvtap that something else, such as KubeVirt's device plugin, makes on the host before ADD. */
#ifndef TESTS_FAULT_ALLOCATED_H
#define TESTS_FAULT_ALLOCATED_H

/* Makes it on lan0, in the namespace we are in, unless a link of that name is there. */
void allocated_make(const char *name);

/* Removes it, if it still is on the host under its name. */
void allocated_remove(const char *name);

#endif
