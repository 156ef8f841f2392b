/* SPDX-License-Identifier: Apache-2.0 */
/* Listing an endpoint's device nodes. */
#include "record/device_nodes.h"

#include "record/state.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

static const char *const vm_devices[] = { "kvm", "vhost-net" };

/* Find the number of a character device of the host. Returns false if the host has no such device.
 */
static bool host_number(const char *name, dev_t *number)
{
	struct failure ignored = { 0 };
	struct stat st;
	OWNED(fd_release) int directory = device_open(&ignored);

	if (directory < 0 || fstatat(directory, name, &st, 0) < 0 || !S_ISCHR(st.st_mode))
		return false;
	*number = st.st_rdev;
	return true;
}

const char *vm_device_closed(uid_t uid, gid_t gid)
{
	struct failure ignored = { 0 };
	OWNED(fd_release) int directory = device_open(&ignored);
	struct stat st;

	for (size_t i = 0; i < sizeof vm_devices / sizeof *vm_devices; i++) {
		if (directory < 0 || fstatat(directory, vm_devices[i], &st, 0) < 0)
			continue;
		const unsigned shift = st.st_uid == uid ? 6 : st.st_gid == gid ? 3 : 0;
		if (((st.st_mode >> shift) & 06) != 06)
			return vm_devices[i];
	}
	return NULL;
}

size_t endpoint_device_nodes(const struct endpoint *e, struct device devices[static DEVICES_MAX])
{
	const struct tap_access access = { e->tap.owner, e->tap.group, e->tap.mode };
	char name[TAP_NAME_MAX];
	size_t n = 0;

	if (!e->tap.path)
		return 0;
	tap_name(e->ifindex, name);
	devices[n] = (struct device){ .number = e->tap.number, .access = access };
	snprintf(devices[n++].path, DEVICE_PATH_MAX, "/dev/%s", name);
	for (size_t i = 0; e->vm_devices && i < sizeof vm_devices / sizeof *vm_devices; i++) {
		devices[n] = (struct device){ .access = access };
		if (!host_number(vm_devices[i], &devices[n].number))
			continue;
		snprintf(devices[n++].path, DEVICE_PATH_MAX, "/dev/%s", vm_devices[i]);
	}
	return n;
}

int device_text(const struct device *d, char *text, size_t size)
{
	return snprintf(text, size,
	                "\"path\":\"%s\",\"type\":\"c\",\"major\":%u,\"minor\":%u,\"fileMode\":%u,"
	                "\"uid\":%u,\"gid\":%u",
	                d->path, major(d->number), minor(d->number), d->access.mode, d->access.uid,
	                d->access.gid);
}
