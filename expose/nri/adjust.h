/* SPDX-License-Identifier: Apache-2.0 */
/* The devices of a container that is being created, or has stopped: the taps of its pod. */
#ifndef EXPOSE_NRI_ADJUST_H
#define EXPOSE_NRI_ADJUST_H

#include "record/taps.h"

#include <limits.h>

struct Nri__Container;
struct Nri__ContainerRequest;
struct Nri__Pod;

enum share {
	SHARE_ANY,   /* other containers of the pod may have the device, too */
	SHARE_ALONE, /* no other has: the pod names this container alone, or the kubelet gave it the
	              * device */
};

/* List the devices of a container: those of its pod's endpoints, proved by the pod's network
 * namespace. The list is empty if the pod has no endpoint, is in the host's network, or names other
 * containers in its annotation podtap.dev/containers. Without that annotation, a device that the
 * kubelet gave to a container is for no other. Writes the pod's id. Returns 0, or -1 if anything is
 * in doubt. */
int container_taps(const struct Nri__ContainerRequest *request, enum share share,
                   char pod[static NAME_MAX + 1], struct taps *taps, struct failure *f) MUST_CHECK;

/* List the devices of a pod, as container_taps() does. *names is the value of its annotation
 * podtap.dev/containers, or NULL. Returns 0 or -1. */
int pod_taps(const struct Nri__Pod *pod, char id[static NAME_MAX + 1], struct taps *taps,
             const char **names, struct failure *f) MUST_CHECK;

/* Call on_name() with each CDI device of podtap that the kubelet gave to a container. */
void container_each_cdi(const struct Nri__Container *container,
                        void (*on_name)(const char *name, size_t length, void *data), void *data);

/* Find the next name in a list that commas or blanks separate. Returns it, with its length, or NULL
 * at the end. */
const char *list_next(const char *list, size_t *length);

/* Leave out what the container has already, by CDI or from another plugin: the runtime refuses a
 * device that two plugins add. Returns 0, or -1 if it has another device at a path. */
int taps_reduce(const struct Nri__ContainerRequest *request, struct taps *taps,
                struct failure *f) MUST_CHECK;

#endif
