/* SPDX-License-Identifier: Apache-2.0 */
/* What the kernel says by itself of the devices it makes in a namespace: a tap's number at no cost,
 * where only the machine's own root could say it in the kernel's place. */
#ifndef NETNS_UEVENT_H
#define NETNS_UEVENT_H

#include "base/failure.h"
#include "base/owned.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* Whether only root of the machine can forge events in this namespace: true unless it belongs
 * to a user namespace, whose root can send them, the kernel's address on them and all. */
bool uevent_trusted(int netns);

/* Opens a socket that hears, from now on, the events of the namespace the process is in; -1 with
 * errno. The caller owns it. */
int uevent_open(void);

/* Reads what was heard, up to the making of the tap of a macvtap link, and takes its device number
 * from that. To be called when the kernel has acknowledged the link: its event stands in the socket
 * by then. Fails where no event tells of it. */
int uevent_tap_number(int fd, uint32_t ifindex, dev_t *number, struct failure *f) MUST_CHECK;

#endif
