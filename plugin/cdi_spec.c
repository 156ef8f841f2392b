/* SPDX-License-Identifier: Apache-2.0 */
/* Writing the text of a CDI specification, and reading its tap back. */
#include "plugin/cdi_spec.h"

#include "base/file.h"
#include "base/json.h"
#include "netns/tap.h"
#include "record/device_nodes.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>

size_t cdi_spec_text(const struct endpoint *e, char text[static CDI_SPEC_MAX])
{
	struct device devices[DEVICES_MAX];
	char members[DEVICE_TEXT_MAX];
	const size_t n = endpoint_device_nodes(e, devices);
	int length = snprintf(text, CDI_SPEC_MAX,
	                      "{\"cdiVersion\":\"0.5.0\",\"kind\":\"podtap.dev/tap\",\"devices\":["
	                      "{\"name\":\"%s\",\"containerEdits\":{\"deviceNodes\":[",
	                      e->cdi);

	for (size_t i = 0; i < n; i++) {
		device_text(&devices[i], members, sizeof members);
		length += snprintf(text + length, (size_t)(CDI_SPEC_MAX - length),
		                   "%s{%s,\"permissions\":\"rw\"}", i ? "," : "", members);
	}
	length += snprintf(text + length, (size_t)(CDI_SPEC_MAX - length), "]}}]}\n");
	return (size_t)length;
}

/* Read the file. Returns its length; 0 if it is missing, too long or not a regular file; or -1 with
 * errno. */
static ssize_t text_read(int directory, const char *name, char text[static CDI_SPEC_MAX])
{
	OWNED(fd_release)
	int fd = openat(directory, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	const ssize_t length = file_text(fd, text, CDI_SPEC_MAX);
	const bool foreign = errno == ENOENT || errno == ELOOP || errno == ENXIO ||
	                     errno == EINVAL || errno == EFBIG;

	return length < 0 && foreign ? 0 : length;
}

/* Returns the index in a node's path, 0 if it is not a tap's path. */
static uint32_t index_of(const char *path)
{
	static const char start[] = "/dev/tap";
	char *end, tap[TAP_NAME_MAX];

	if (!path || strncmp(path, start, sizeof start - 1) != 0)
		return 0;
	const unsigned long index = strtoul(path + sizeof start - 1, &end, 10);
	if (index > INT32_MAX)
		return 0;
	tap_name((uint32_t)index, tap);
	return strcmp(path + strlen("/dev/"), tap) == 0 ? (uint32_t)index : 0;
}

static uint32_t number_of(const cJSON *node, const char *name)
{
	int64_t number;

	if (!json_integer(json_member(node, name), &number) || number < 0 || number > UINT32_MAX)
		return 0;
	return (uint32_t)number;
}

int cdi_spec_read(int directory, const char *name, struct cdi_tap *tap)
{
	struct failure foreign = { 0 };
	char text[CDI_SPEC_MAX];
	const ssize_t length = text_read(directory, name, text);

	if (length <= 0)
		return (int)length;
	OWNED(json_release)
	cJSON *spec = json_parse(text, (size_t)length, "a CDI specification", &foreign);
	if (!spec && foreign.code != CNI_DECODE) {
		errno = ENOMEM;
		return -1;
	}
	const cJSON *device = cJSON_GetArrayItem(json_member(spec, "devices"), 0);
	const cJSON *nodes =
	        json_path(device, (const char *[]){ "containerEdits", "deviceNodes", NULL });
	const cJSON *node = cJSON_GetArrayItem(nodes, 0);

	tap->ifindex = index_of(json_string(json_member(node, "path")));
	tap->number = makedev(number_of(node, "major"), number_of(node, "minor"));
	return tap->ifindex != 0;
}
