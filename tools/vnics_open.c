/* SPDX-License-Identifier: Apache-2.0 */
/* Opening taps, and verifying to which interface they belong. */
#include "base/errno_text.h"
#include "tools/vnic_node.h"
#include "tools/vnics.h"

#include <fcntl.h>
#include <linux/if_tun.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

enum { NODE_MAX = 4096, FD_FIRST = 3 };

/* The meaning for the container of an errno of open(). */
static const struct {
	int err;
	const char *means;
} refusals[] = {
	{ ENOENT, "the node is missing in this container: the OCI hook, a CDI device or another "
	          "way to hand it over has to be set up. A container whose networks changed while "
	          "it ran has to be restarted" },
	{ EACCES, "the node's owner and mode do not let this user open it (configuration keys "
	          "owner, group and tapMode), or its file system is mounted nodev" },
	{ EPERM, "this container has no permission for the device: the node came without it" },
	{ ENODEV, "the node is of an endpoint that is gone" },
	{ ENXIO, "the node is of an endpoint that is gone" },
	{ EBUSY, "the tap has 256 openers already" },
};

static int open_refused(int err, const char *node, struct failure *f)
{
	char details[512];

	for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++)
		if (refusals[i].err == err) {
			snprintf(details, sizeof details, "%s: %s", errno_text(err),
			         refusals[i].means);
			return fail(f, CNI_OTHER, details, "open %s", node);
		}
	return fail_errno(f, err, "open %s", node);
}

/* Verifies the interface by the descriptor: the node's name proves nothing, because its device
 * number may belong to another pod. */
static int prove(const struct vnic *vnic, int fd, const char *node, struct failure *f)
{
	struct ifreq answer = { 0 };
	char has[MAC_TEXT], wants[MAC_TEXT], details[256];
	struct mac mac;

	if (ioctl(fd, SIOCGIFHWADDR, &answer) < 0)
		return fail_errno(f, errno, "ask %s whose tap it is", node);
	memcpy(&mac, answer.ifr_hwaddr.sa_data, sizeof mac);
	if (mac_equal(&mac, &vnic->mac) && strncmp(answer.ifr_name, vnic->ifname, IFNAMSIZ) == 0)
		return 0;
	snprintf(details, sizeof details,
	         "it is the tap of an interface %.15s with MAC address %s, and this container's "
	         "%s has %s: it is another pod's",
	         answer.ifr_name, mac_format(&mac, has), vnic->ifname,
	         mac_format(&vnic->mac, wants));
	return fail(f, CNI_OTHER, details, "%s is not the tap of %s", node, vnic->ifname);
}

/* Opens a node above the standard streams, which may be closed. */
static int node_open(const char *node)
{
	OWNED(fd_release) int fd = openat(AT_FDCWD, node, O_RDWR | O_CLOEXEC);

	if (fd < 0 || fd >= FD_FIRST)
		return fd_take(&fd);
	return fcntl(fd, F_DUPFD_CLOEXEC, FD_FIRST);
}

static int queue_open(const struct vnic *vnic, const char *node, bool header, struct failure *f)
{
	OWNED(fd_release) int fd = node_open(node);
	struct ifreq how = { .ifr_flags =
		                     (short)(IFF_TAP | IFF_NO_PI | (header ? IFF_VNET_HDR : 0) |
		                             (vnic->queues > 1 ? IFF_MULTI_QUEUE : 0)) };
	struct stat st;

	if (fd < 0)
		return open_refused(errno, node, f);
	if (fstat(fd, &st) < 0 || !S_ISCHR(st.st_mode))
		return fail(f, CNI_OTHER, "it is no character device", "open %s", node);
	if (prove(vnic, fd, node, f) < 0)
		return -1;
	if (ioctl(fd, TUNSETIFF, &how) < 0)
		return fail_errno(f, errno, "set up %s for a VM", node);
	return fd_take(&fd);
}

static int vnic_open(struct vnic *vnic, bool header, struct failure *f)
{
	const char *directory = getenv("PODTAP_DEV_DIR");
	char node[NODE_MAX];

	if (!(vnic->flags & IFF_UP))
		return fail(f, CNI_OTHER, "it is down: nothing would arrive", "interface %s",
		            vnic->ifname);
	if (!vnic_node(vnic->ifindex, directory && *directory ? directory : "/dev", node,
	               sizeof node))
		return fail_errno(f, errno, "PODTAP_DEV_DIR");
	while (vnic->opened < vnic->queues) {
		const int fd = queue_open(vnic, node, header, f);
		if (fd < 0)
			return -1;
		vnic->fd[vnic->opened++] = fd;
	}
	return 0;
}

int vnics_open(struct vnics *v, bool header, struct failure *f)
{
	for (size_t i = 0; i < v->n; i++)
		if (vnic_open(&v->vnic[i], header, f) < 0)
			return -1;
	return 0;
}
