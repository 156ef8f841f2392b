/* SPDX-License-Identifier: Apache-2.0 */
/* The device nodes that a container needs for an endpoint: its tap and, if the record asks for
 * them, the other devices of a VM. Every way of giving devices to a container uses this list. */
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

/* List the devices of an endpoint, the tap first. Returns their number, 0 without a tap. The list
 * has /dev/kvm and /dev/vhost-net only if this host has them. They get the tap's owner. */
size_t endpoint_device_nodes(const struct endpoint *e, struct device devices[static DEVICES_MAX]);

/* Write the device's members as both an OCI configuration and a CDI specification spell them,
 * without the braces. Returns the text's length in bytes: `size` or more if it does not fit. */
enum { DEVICE_TEXT_MAX = 256 };
int device_text(const struct device *d, char *text, size_t size);

/* Find a device of vmDevices that exists on the host, and that a user and a group of the host
 * cannot read and write. Returns its name, or NULL. */
const char *vm_device_closed(uid_t uid, gid_t gid);

#endif
