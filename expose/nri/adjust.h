/* SPDX-License-Identifier: Apache-2.0 */
/* The devices of a container that is being created: the taps of its pod. */
#ifndef EXPOSE_NRI_ADJUST_H
#define EXPOSE_NRI_ADJUST_H

#include "record/taps.h"

struct Nri__CreateContainerRequest;

/* Lists the devices that a container gets: those of its pod's endpoints, proved by the pod's
 * network namespace, that it does not have yet. The list is empty if the pod has no endpoint, is in
 * the host's network, or names other containers in its annotation podtap.dev/containers. Without
 * that annotation, a device that the kubelet gave to a container goes to no other. Fails if
 * anything is in doubt. */
int adjustment_find(const struct Nri__CreateContainerRequest *request, struct taps *taps,
                    struct failure *f) MUST_CHECK;

#endif
