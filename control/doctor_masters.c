/* SPDX-License-Identifier: Apache-2.0 */
/* Examining the masters of the networks: what is known to keep frames from their endpoints. */
#include "control/doctor.h"

#include "plugin/target.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct finding_kind fine = { LEVEL_OK, "master", NULL, NULL };
static const struct finding_kind down = { LEVEL_WARN, "master-down",
	                                  "nothing passes a master that is down",
	                                  "ip link set MASTER up" };
static const struct finding_kind no_carrier = { LEVEL_WARN, "master-no-carrier",
	                                        "its cable, port or lower interface is off",
	                                        "connect it to the LAN" };
static const struct finding_kind port = { LEVEL_ERROR, "master-port",
	                                  "the kernel puts no endpoint on a port",
	                                  "make the bridge or bond the master instead" };
static const struct finding_kind wireless = { LEVEL_WARN, "master-wireless",
	                                      "an access point takes frames of one MAC address "
	                                      "only, so endpoints with their own hear nothing",
	                                      "take a wired interface" };
static const struct finding_kind virtual_nic = {
	LEVEL_NOTE, "master-virtual-nic",
	"the hypervisor may drop frames of other MAC addresses than the interface's own (port "
	"security, MAC spoof protection)",
	"if endpoints hear nothing, allow more MAC addresses there"
};
static const struct finding_kind filtered = {
	LEVEL_WARN, "master-bridge-netfilter",
	"br_netfilter hands the frames of bridges to the host's iptables rules",
	"sysctl net.bridge.bridge-nf-call-iptables=0, or allow them there"
};

/* The drivers of the interfaces that hypervisors and clouds give a virtual machine. */
static const char *const virtual_drivers[] = {
	"virtio_net", "vmxnet3", "hv_netvsc", "xen_netfront", "vif", "ena", "gve", NULL,
};

static bool sysfs_has(const struct doctor *d, const char *master, const char *name)
{
	char path[PATH_MAX];
	struct stat st;

	snprintf(path, sizeof path, "/sys/class/net/%s/%s", master, name);
	return node_look(d->node, path, &st) == 0;
}

/* Reads the name of the driver. Returns false if the interface has none. */
static bool driver_read(const struct doctor *d, const char *master, char driver[static PATH_MAX])
{
	char path[PATH_MAX];

	snprintf(path, sizeof path, "/sys/class/net/%s/device/driver", master);
	OWNED(fd_release) int link = node_file(d->node, path, O_PATH | O_NOFOLLOW);
	const ssize_t length = link < 0 ? -1 : readlinkat(link, "", driver, PATH_MAX - 1);
	if (length <= 0)
		return false;
	driver[length] = '\0';
	const char *slash = strrchr(driver, '/');
	if (slash)
		memmove(driver, slash + 1, strlen(slash));
	return true;
}

static bool is_virtual(const char *driver)
{
	for (const char *const *it = virtual_drivers; *it; it++)
		if (strcmp(*it, driver) == 0)
			return true;
	return false;
}

static bool bridges_are_filtered(const struct doctor *d)
{
	OWNED(fd_release)
	int fd = node_file(d->node, "/proc/sys/net/bridge/bridge-nf-call-iptables", O_RDONLY);
	char value = '0';

	return fd >= 0 && read(fd, &value, 1) == 1 && value != '0';
}

static void examine(struct doctor *d, const struct link *master)
{
	struct findings *l = d->findings;
	const size_t first = l->n;
	char driver[PATH_MAX], name[IF_NAMESIZE];

	if (!(master->flags & IFF_UP))
		finding_add(l, &down, NULL, "master %s is down", master->name);
	else if (!(master->flags & IFF_LOWER_UP))
		finding_add(l, &no_carrier, NULL, "master %s has no carrier", master->name);
	if (master->port_of)
		finding_add(l, &port, NULL, "master %s is a port of %s", master->name,
		            if_indextoname(master->port_of, name) ? name : "another interface");
	if (sysfs_has(d, master->name, "phy80211") || sysfs_has(d, master->name, "wireless"))
		finding_add(l, &wireless, NULL, "master %s is wireless", master->name);
	if (driver_read(d, master->name, driver) && is_virtual(driver))
		finding_add(l, &virtual_nic, NULL,
		            "master %s has the driver %s of a virtual machine", master->name,
		            driver);
	if (strcmp(master->kind, "bridge") == 0 && bridges_are_filtered(d))
		finding_add(l, &filtered, NULL, "master %s is a bridge", master->name);
	if (l->n == first)
		finding_add(l, &fine, NULL, "master %s is up", master->name);
}

static bool has(const uint32_t *seen, size_t n, uint32_t index)
{
	for (size_t i = 0; i < n; i++)
		if (seen[i] == index)
			return true;
	return false;
}

/* Networks without a master of the host have been reported with the networks. */
void doctor_masters(struct doctor *d)
{
	uint32_t *seen = calloc(d->networks.n + 1, sizeof *seen);
	size_t n = 0;

	for (size_t i = 0; seen && i < d->networks.n; i++) {
		const struct config *c = d->networks.list[i].config;
		struct failure reported = { 0 };
		struct link master;
		if (!c || c->link_in_container || c->device_id ||
		    target_master_on_host(c, &d->host.rtnl, &master, &reported) != FOUND ||
		    has(seen, n, master.index))
			continue;
		seen[n++] = master.index;
		examine(d, &master);
	}
	d->findings->failed |= !seen;
	free(seen);
}
