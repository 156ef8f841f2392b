/* SPDX-License-Identifier: Apache-2.0 */
/* The kernel's events of the devices that it creates in a namespace. They give the number of a tap
 * at no cost. Only root of the machine can forge them. */
#ifndef NETNS_UEVENT_H
#define NETNS_UEVENT_H

#include "base/failure.h"
#include "base/owned.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* Whether only root of the machine can forge events in this namespace. False for a namespace that
 * belongs to another user namespace: its root can send events with the kernel's address. */
bool uevent_trusted(int netns);

/* Open a socket that receives the later events of the namespace of the process. Returns the
 * descriptor, which the caller owns, or -1 with errno. */
int uevent_open(void);

/* Read the events up to the creation of a macvtap link's tap, and take its device number from that.
 * Call this after the kernel acknowledged the link: its event is in the socket then. Returns 0, or
 * -1, also if there is no such event. */
int uevent_tap_number(int fd, uint32_t ifindex, dev_t *number, struct failure *f) MUST_CHECK;

#endif
