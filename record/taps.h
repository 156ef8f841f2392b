/* SPDX-License-Identifier: Apache-2.0 */
/* The taps of a network namespace: every device node its containers need, proved against the
 * kernel. */
#ifndef RECORD_TAPS_H
#define RECORD_TAPS_H

#include "record/device_nodes.h"

enum { TAPS_DEVICES_MAX = 64, TAPS_NAME_MAX = 208 };

struct taps {
	struct device device[TAPS_DEVICES_MAX];
	/* The CDI device of which it is part, where the kubelet gave that to one container of the
	 * pod; "": it is every container's. */
	char allocated[TAPS_DEVICES_MAX][TAPS_NAME_MAX];
	size_t n;
	size_t doubts; /* how many records were left out for a doubt */
};

/* Finds the endpoint records of the namespace at a path (any path: it is told by its identity) and
 * lists their devices, each path once. What cannot be proved to be, now, what its record says is
 * left out, and told to doubt(). A namespace no record is of is not opened, and its path not looked
 * at where there is no record at all. With a container's id only its records are read, and one of
 * another namespace is a doubt; NULL: all are. Failure: the namespace or the records cannot be
 * looked at, or there are more devices than fit. */
int taps_find(const char *container_id, const char *netns_path, struct taps *taps,
              void (*doubt)(const struct failure *), struct failure *f) MUST_CHECK;

#endif
