/* SPDX-License-Identifier: Apache-2.0 */
/* Finding the host's ids of the tap's owner. */
#include "plugin/tap_owner.h"

#include "netns/userns.h"
#include "record/device_nodes.h"
#include "record/state.h"

/* A runtime cannot make device nodes in a user namespace. It mounts those of the host, with their
 * owner and mode. */
static int check_vm_devices(const struct endpoint *e, struct failure *f)
{
	const char *closed = e->vm_devices ? vm_device_closed(e->tap.uid, e->tap.gid) : NULL;

	if (!closed)
		return 0;
	return fail(f, CNI_CONFIG,
	            "a container in a user namespace gets the host's node, which its owner cannot "
	            "open: give the node to that user or group, or leave vmDevices out",
	            "vmDevices: %s/%s is closed to user %u and group %u of the host", device_path(),
	            closed, e->tap.uid, e->tap.gid);
}

int tap_owner_find(const struct attachment *at, struct endpoint *e, struct failure *f)
{
	const struct config *c = &at->config;

	e->tap.uid = e->tap.owner = c->tap.uid;
	e->tap.gid = e->tap.group = c->tap.gid;
	e->tap.mode = c->tap.mode;
	if (!c->kind->tap || c->owner_in == OWNER_IN_HOST)
		return 0;
	switch (userns_host_ids(at->sandbox.netns, &e->tap.uid, &e->tap.gid, f)) {
	case FOUND_NONE:
		return 0;
	case FOUND:
		return check_vm_devices(e, f);
	default:
		return -1;
	}
}
