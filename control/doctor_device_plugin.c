/* SPDX-License-Identifier: Apache-2.0 */
/* Examining the registration of podtap-device-plugin: its file of resources, its sockets and the
 * kubelet's. */
#include "control/doctor.h"

#include "base/errno_text.h"
#include "base/file.h"
#include "base/json.h"
#include "record/state.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>

#define KUBELET "/var/lib/kubelet/device-plugins"

enum { FILE_MAX = 1 << 20 };

static const struct finding_kind offered = { LEVEL_OK, "device-plugin", NULL, NULL };
static const struct finding_kind unreadable = {
	LEVEL_ERROR, "device-plugin-file", NULL,
	"restart podtap-device-plugin, which writes it anew"
};
static const struct finding_kind no_kubelet = {
	LEVEL_ERROR, "device-plugin-kubelet", "no kubelet runs, or its directory is another",
	"start the kubelet, or name its directory to podtap-device-plugin"
};
static const struct finding_kind unregistered = {
	LEVEL_ERROR, "device-plugin-gone",
	"podtap-device-plugin does not run, and the kubelet gives none of its devices out",
	"start podtap-device-plugin"
};
static const struct finding_kind no_master = { LEVEL_WARN, "device-plugin-master",
	                                       "its devices are unhealthy as long as it is gone",
	                                       "bring the interface back, or remove the resource" };

/* Without a kubelet, a resource has no socket, because none is registered. */
static void examine_socket(struct doctor *d, const char *resource, const char *master,
                           const char *path, bool kubelet)
{
	struct stat st;

	if (node_look(d->node, path, &st) == 0)
		finding_add(d->findings, &offered, NULL, "resource %s is on %s", resource, master);
	else if (kubelet)
		finding_add(d->findings, &unregistered, NULL, "resource %s has no socket %s",
		            resource, path);
}

static void examine_resource(struct doctor *d, const cJSON *row, bool kubelet)
{
	const char *name = json_string(json_member(row, "name"));
	const char *master = json_string(json_member(row, "master"));
	const char *resource = json_string(json_member(row, "resource"));
	struct failure f = { 0 };
	char path[PATH_MAX];
	struct link link;

	if (!name || !master || !resource ||
	    snprintf(path, sizeof path, KUBELET "/podtap-%s.sock", name) >= (int)sizeof path) {
		finding_add(d->findings, &unreadable, "a resource is incomplete",
		            "%s/resources.json", state_path());
		return;
	}
	examine_socket(d, resource, master, path, kubelet);
	const enum found found = link_by_name(&d->host.rtnl, master, &link, &f);
	if (found == FOUND_FAILED)
		finding_unknown(d->findings, &f);
	else if (found == FOUND_NONE)
		finding_add(d->findings, &no_master, NULL, "resource %s: the host has no %s",
		            resource, master);
}

void doctor_device_plugin(struct doctor *d)
{
	struct failure ignored = { 0 }, f = { 0 };
	OWNED(fd_release) int directory = state_open(".", false, &ignored);
	size_t length;
	struct stat st;
	const cJSON *row;

	errno = 0;
	OWNED(text_release)
	char *text =
	        directory < 0 ? NULL : file_read(directory, "resources.json", FILE_MAX, &length);
	if (directory < 0 || (!text && errno == ENOENT))
		return;
	if (!text) {
		finding_add(d->findings, &unreadable, file_read_reason(errno), "%s/resources.json",
		            state_path());
		return;
	}
	OWNED(json_release) cJSON *json = json_parse(text, length, "it", &f);
	if (!json)
		finding_add(d->findings, &unreadable, f.details, "%s/resources.json", state_path());
	const bool kubelet = node_look(d->node, KUBELET "/kubelet.sock", &st) == 0;
	if (json && !kubelet)
		finding_add(d->findings, &no_kubelet, NULL, "there is no " KUBELET "/kubelet.sock");
	cJSON_ArrayForEach(row, json_member(json, "resources"))
	{
		examine_resource(d, row, kubelet);
	}
}
