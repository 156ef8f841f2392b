/* SPDX-License-Identifier: Apache-2.0 */
/* The tap node: the character device of one macvtap link, as /dev/tap<ifindex>. */
#ifndef NETNS_TAP_H
#define NETNS_TAP_H

#include "base/failure.h"
#include "base/found.h"
#include "base/owned.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum { TAP_NAME_MAX = 16 }; /* "tap" and an index */

/* Write the node's name in its directory. */
void tap_name(uint32_t ifindex, char name[static TAP_NAME_MAX]);

/* Read the device number of a macvtap link in the sysfs of its namespace. No process can forge that
 * answer. Opening the node instead would take frames from its user, and wait for the kernel when it
 * is closed. Returns FOUND, FOUND_NONE if there is no such macvtap, or FOUND_FAILED. */
enum found tap_number(int sysfs, uint32_t ifindex, dev_t *number, struct failure *f) MUST_CHECK;

struct tap_access {
	uid_t uid;
	gid_t gid;
	mode_t mode;
};

/* The object that has the node's name. */
struct tap_node {
	bool exists;
	bool device; /* a character device with this number */
	dev_t number;
	struct tap_access access;
};
int tap_look(int directory, uint32_t ifindex, struct tap_node *node, struct failure *f) MUST_CHECK;

/* Create the node in a directory unless the kernel (devtmpfs) did, and set its owner and mode.
 * `seen` is what tap_look() just found. Returns 1 if the node exists with this number; 0 if another
 * object has the name, and stays; or -1. */
int tap_provide(int directory, uint32_t ifindex, dev_t number, const struct tap_node *seen,
                const struct tap_access *access, struct failure *f) MUST_CHECK;

/* Remove the node if it has this number. Keep any other object with that name. Returns 0 or -1. */
int tap_remove(int directory, uint32_t ifindex, dev_t number, struct failure *f) MUST_CHECK;

#endif
