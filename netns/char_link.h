/* SPDX-License-Identifier: Apache-2.0 */
/* The symlink from a tap's device number to its node, char/MAJOR:MINOR -> ../tap<ifindex>. udev
 * creates one for every device of the host, but gets no event of a tap in a container. runc 1.1.3
 * to 1.1.6 names a device to systemd by this link, and omits a device without one. */
#ifndef NETNS_CHAR_LINK_H
#define NETNS_CHAR_LINK_H

#include "base/failure.h"
#include "base/owned.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* Create the link, and its directory if it is missing. Replace a link to another tap: it is stale,
 * because only this tap has the number. Returns 1; 0 if another object keeps the name; or -1. */
int char_link_make(int directory, uint32_t ifindex, dev_t number, struct failure *f) MUST_CHECK;

/* Wait, for three seconds at most, until udev has removed its own link from a number. A device that
 * left the host may get its number again before udev handles that event, and udev then removes any
 * link from that number. Returns 0 or -1. */
int char_link_await_udev(int directory, dev_t number, struct failure *f) MUST_CHECK;

/* Remove the link if it leads to this tap, and the directory if it is empty. Returns 0 or -1. */
int char_link_remove(int directory, uint32_t ifindex, dev_t number, struct failure *f) MUST_CHECK;

/* Visit every link to a tap whose node is missing, and remove those for which is_left() returns
 * true. Returns 0 or -1. */
int char_link_sweep(int directory, bool (*is_left)(const char *name, uint32_t ifindex, void *data),
                    void *data, struct failure *f) MUST_CHECK;

#endif
