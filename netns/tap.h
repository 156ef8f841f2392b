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

/* The node's name within its directory. */
void tap_name(uint32_t ifindex, char name[static TAP_NAME_MAX]);

/* The device number the kernel gives a macvtap link, read in the sysfs of the link's namespace: the
 * only answer nobody can forge, and unlike opening the node and asking it, one that neither takes
 * frames from whoever has it open nor waits for the kernel when it is closed. 1: told; 0: there is
 * no such link, or it is no macvtap. */
enum found tap_number(int sysfs, uint32_t ifindex, dev_t *number, struct failure *f) MUST_CHECK;

struct tap_access {
	uid_t uid;
	gid_t gid;
	mode_t mode;
};

/* What stands at the node's name. */
struct tap_node {
	bool exists;
	bool device; /* a character device with this number */
	dev_t number;
	struct tap_access access;
};
int tap_look(int directory, uint32_t ifindex, struct tap_node *node, struct failure *f) MUST_CHECK;

/* Makes the node in a directory unless the kernel (devtmpfs) did, and sets owner and mode, where
 * `seen`, which tap_look() just told, is not so already. 1: the node is there and has this number;
 * 0: the name belongs to something else, which is left alone. */
int tap_provide(int directory, uint32_t ifindex, dev_t number, const struct tap_node *seen,
                const struct tap_access *access, struct failure *f) MUST_CHECK;

/* Removes the node while it has this number; anything else at that name stays. */
int tap_remove(int directory, uint32_t ifindex, dev_t number, struct failure *f) MUST_CHECK;

#endif
