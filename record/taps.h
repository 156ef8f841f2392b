/* SPDX-License-Identifier: Apache-2.0 */
/* The taps of a network namespace: every device node that its containers need, verified with the
 * kernel. */
#ifndef RECORD_TAPS_H
#define RECORD_TAPS_H

#include "record/device_nodes.h"

enum { TAPS_DEVICES_MAX = 64, TAPS_NAME_MAX = 208 };

struct taps {
	struct device device[TAPS_DEVICES_MAX];
	/* The CDI device that contains the device, if the kubelet gave it to one container of the
	 * pod; "": the device is for every container. */
	char allocated[TAPS_DEVICES_MAX][TAPS_NAME_MAX];
	size_t n;
	size_t doubts; /* the number of records that were left out because of a doubt */
};

/* Find the endpoint records of the namespace at a path, and list their devices, each path once. Any
 * path will do, because the namespace is identified by its numbers. Leave out what cannot be
 * verified now, and report it to doubt(). Do not read the path if there are no records, and do not
 * open a namespace that has no record. With a container's id, read only its records, and doubt one
 * of another namespace; NULL: read all. Returns 0, or -1 if the namespace or the records cannot be
 * read, or if more devices were found than fit. */
int taps_find(const char *container_id, const char *netns_path, struct taps *taps,
              void (*doubt)(const struct failure *), struct failure *f) MUST_CHECK;

#endif
