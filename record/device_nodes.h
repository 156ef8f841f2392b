/* SPDX-License-Identifier: Apache-2.0 */
/* The device nodes a container needs for an endpoint: its tap and, where the record asks for them,
 * what a VM uses beside it. The same for every way of handing them over. */
#ifndef RECORD_DEVICE_NODES_H
#define RECORD_DEVICE_NODES_H

#include "netns/tap.h"
#include "record/endpoint.h"

enum { DEVICES_MAX = 3, DEVICE_PATH_MAX = 24 };

struct device {
	char path[DEVICE_PATH_MAX]; /* in the container */
	dev_t number;
	struct tap_access access;
};

/* Lists an endpoint's devices, the tap first, and returns how many there are: none without a tap.
 * /dev/kvm and /dev/vhost-net are told only where this host has them, and are the tap owner's. */
size_t endpoint_device_nodes(const struct endpoint *e, struct device devices[static DEVICES_MAX]);

/* The device's members as both an OCI configuration and a CDI specification spell them, without the
 * braces; returns the text's length, `size` or more where it does not fit. */
enum { DEVICE_TEXT_MAX = 256 };
int device_text(const struct device *d, char *text, size_t size);

#endif
