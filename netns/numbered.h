/* SPDX-License-Identifier: Apache-2.0 */
/* The symbolic link from a tap's device number to its node, char/MAJOR:MINOR -> ../tap<ifindex>.
 * udev makes one for every device that the host is told of; it is not told of a container's tap.
 * runc 1.1.3 to 1.1.6 names a device to systemd by this link, and leaves out a device without one.
 */
#ifndef NETNS_NUMBERED_H
#define NETNS_NUMBERED_H

#include "base/failure.h"
#include "base/owned.h"

#include <stdint.h>
#include <sys/types.h>

/* Makes the link, and its folder where it is missing. A link to another tap is stale, since the
 * number is this tap's alone, and is replaced. 1: the link is there; 0: something else has the
 * name, and stays. */
int numbered_make(int directory, uint32_t ifindex, dev_t number, struct failure *f) MUST_CHECK;

/* Waits until udev has removed its link from a number, for three seconds at most, where there is
 * one. A device that left the host may have its number again before udev hears of it, and udev then
 * removes any link from that number. */
int numbered_settle(int directory, dev_t number, struct failure *f) MUST_CHECK;

/* Removes the link while it leads to this tap, and the folder once it is empty. */
int numbered_remove(int directory, uint32_t ifindex, dev_t number, struct failure *f) MUST_CHECK;

#endif
