/* SPDX-License-Identifier: Apache-2.0 */
/* The macvtap interfaces of the namespace we run in, and their taps opened for a VM. Needs nothing
 * but the kernel: it is copied into VM images. */
#ifndef TOOLS_VNICS_H
#define TOOLS_VNICS_H

#include "base/address.h"
#include "base/failure.h"
#include "base/owned.h"

#include <net/if.h>

enum { VNICS_MAX = 32, VNIC_QUEUES_MAX = 256 };

struct vnic {
	char ifname[IFNAMSIZ];
	uint32_t ifindex;
	unsigned flags; /* IFF_* */
	struct mac mac;
	uint32_t mtu;
	uint32_t queues;
	int fd[VNIC_QUEUES_MAX]; /* the tap, opened once a queue; `opened` of them, owned */
	uint32_t opened;
};

struct vnics {
	struct vnic vnic[VNICS_MAX];
	size_t n;
};

void vnics_release(struct vnics *v);

/* Finds the macvtap interfaces, by name in the order of `names`, or all in the order of their names
 * where none is given. Fails where one is missing or is no macvtap, or there is none at all. v is
 * to be released in any case. */
int vnics_find(struct vnics *v, const char *const names[], size_t n_names,
               struct failure *f) MUST_CHECK;

/* Opens each interface's tap as often as it has queues, sets it up for a VM, with `header` for
 * frames behind a virtio-net header, and proves of every descriptor that it is this interface's and
 * no other pod's. Says what of the container is wrong where it fails. */
int vnics_open(struct vnics *v, bool header, struct failure *f) MUST_CHECK;

#endif
