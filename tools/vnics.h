/* SPDX-License-Identifier: Apache-2.0 */
/* The macvtap interfaces of the current network namespace, and their taps, opened for a VM. It uses
 * no library: it is copied into VM images. */
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
	int fd[VNIC_QUEUES_MAX]; /* the tap, opened once for each queue; the first `opened` are
	                            owned */
	uint32_t opened;
};

struct vnics {
	struct vnic vnic[VNICS_MAX];
	size_t n;
};

void vnics_release(struct vnics *v);

/* Find the macvtap interfaces of these names, in this order. Without names, finds all of them,
 * sorted by name. Returns -1 if an interface is missing or is not a macvtap, or if no macvtap
 * exists. The caller releases v in any case. */
int vnics_find(struct vnics *v, const char *const names[], size_t n_names,
               struct failure *f) MUST_CHECK;

/* Open each interface's tap once for each queue, and set it up for a VM. `header`: each frame has a
 * virtio-net header before it. Verifies that each descriptor belongs to this interface and not to
 * another pod. Returns 0, or -1; the failure tells what is wrong with the container. */
int vnics_open(struct vnics *v, bool header, struct failure *f) MUST_CHECK;

#endif
