/* SPDX-License-Identifier: Apache-2.0 */
/* Writing and removing CDI specifications. */
#include "plugin/cdi.h"

#include "base/file.h"
#include "base/hash.h"
#include "base/json.h"
#include "netns/tap.h"
#include "record/devices.h"
#include "record/state.h"

#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

enum { HASH_TEXT = 9 };
enum { SPEC_MAX = 4096 }; /* bytes; ours have less than a quarter */

static bool is_alnum(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* Replaces what CDI allows in no name; whether anything was. */
static bool name_map(char *name)
{
	const size_t length = strlen(name);
	bool mapped = false;

	for (size_t i = 0; i < length; i++) {
		const bool end = i == 0 || i == length - 1;
		if (is_alnum(name[i]) || (!end && strchr("_.:-", name[i])))
			continue;
		name[i] = end ? 'x' : '-';
		mapped = true;
	}
	return mapped;
}

/* Makes a name one of CDI's. What it was mapped from is told apart by a hash of it. */
static int name_make(char name[static CDI_NAME_MAX], struct failure *f)
{
	const uint64_t hash = text_hash(name);
	const size_t length = strlen(name);

	if (!name_map(name))
		return 0;
	if (length + HASH_TEXT >= CDI_NAME_MAX)
		return fail(f, CNI_CONFIG, "with what tells it apart it has more than 200 bytes",
		            "the CDI device name %.64s...", name);
	snprintf(name + length, HASH_TEXT + 1, "-%08x", (unsigned)hash);
	return 0;
}

/* One of CNI_ARGS' values; "" where it is absent. */
static int argument(const struct request *r, const char *key, char text[static CDI_NAME_MAX],
                    struct failure *f)
{
	const int found = args_find(r->args, key, text, CDI_NAME_MAX);

	if (found < 0)
		return fail(f, CNI_ENV, "its value is too long for a device name", "%s in CNI_ARGS",
		            key);
	if (found == 0)
		text[0] = '\0';
	return 0;
}

int cdi_name(const struct config *c, const struct request *r, char name[static CDI_NAME_MAX],
             struct failure *f)
{
	char namespace[CDI_NAME_MAX], pod[CDI_NAME_MAX];
	int length;

	name[0] = '\0';
	if (!c->kind->tap || (!c->device_id && !c->cdi))
		return 0;
	if (argument(r, "K8S_POD_NAMESPACE", namespace, f) < 0 ||
	    argument(r, "K8S_POD_NAME", pod, f) < 0)
		return -1;
	if (c->device_id)
		length = snprintf(name, CDI_NAME_MAX, "%s", c->device_id);
	else
		length = snprintf(name, CDI_NAME_MAX, "%s%s%s_%s", namespace, *namespace ? "_" : "",
		                  *pod ? pod : r->container_id, r->ifname);
	if (length >= CDI_NAME_MAX)
		return fail(f, CNI_CONFIG, "200 bytes are the most", "the CDI device name %.64s...",
		            name);
	return name_make(name, f);
}

/* Opens the directory of specifications. -1 with ENOENT and no failure where it is missing and not
 * to be made. */
static int directory_open(bool make, struct failure *f)
{
	const char *path = cdi_path();

	if (make && directory_make(path, f) < 0)
		return -1;
	const int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0 || (errno == ENOENT && !make))
		return fd;
	return fail(f, CNI_IO, strerror(errno), "open the directory of CDI devices %s", path);
}

/* For removing: that goes on where there is no place for a lock. */
static void lock_try(int *lock)
{
	struct failure refusal = { 0 };

	*lock = state_lock(&refusal);
	if (*lock < 0)
		fprintf(stderr, "podtap: %s: %s: going on without\n", refusal.msg, refusal.details);
}

static void file_name(const struct endpoint *e, char name[static NAME_MAX + 1])
{
	snprintf(name, NAME_MAX + 1, "podtap.dev-tap_%.*s.json", CDI_NAME_MAX - 1, e->cdi);
}

/* While it is written; a runtime reads only what ends in .json or .yaml. */
static void fresh_name(const struct endpoint *e, char name[static NAME_MAX + 1])
{
	snprintf(name, NAME_MAX + 1, "podtap.dev-tap_%.*s.%u", CDI_NAME_MAX - 1, e->cdi,
	         e->ifindex);
}

static int spec_text(const struct endpoint *e, char text[static SPEC_MAX])
{
	struct device devices[DEVICES_MAX];
	char members[DEVICE_TEXT_MAX];
	const size_t n = endpoint_devices(e, devices);
	int length = snprintf(text, SPEC_MAX,
	                      "{\"cdiVersion\":\"0.5.0\",\"kind\":\"podtap.dev/tap\",\"devices\":["
	                      "{\"name\":\"%s\",\"containerEdits\":{\"deviceNodes\":[",
	                      e->cdi);

	for (size_t i = 0; i < n; i++) {
		device_text(&devices[i], members, sizeof members);
		length += snprintf(text + length, (size_t)(SPEC_MAX - length),
		                   "%s{%s,\"permissions\":\"rw\"}", i ? "," : "", members);
	}
	return length + snprintf(text + length, (size_t)(SPEC_MAX - length), "]}}]}\n");
}

int cdi_write(const struct endpoint *e, struct failure *f)
{
	char name[NAME_MAX + 1], fresh[NAME_MAX + 1], text[SPEC_MAX];

	if (!e->cdi)
		return 0;
	OWNED(fd_release) int lock = state_lock(f);
	OWNED(fd_release) int directory = lock < 0 ? -1 : directory_open(true, f);
	if (directory < 0)
		return -1;
	file_name(e, name);
	fresh_name(e, fresh);
	const int length = spec_text(e, text);
	if (file_replace(directory, name, fresh, 0644, text, (size_t)length) == 0)
		return 0;
	return fail(f, CNI_IO, strerror(errno), "write the CDI device %s/%s", cdi_path(), name);
}

/* A specification's text: its length, 0 where there is none or something else, -1 with errno. */
static ssize_t spec_read(int directory, const char *name, char text[static SPEC_MAX])
{
	OWNED(fd_release)
	int fd = openat(directory, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	const ssize_t length = fd < 0 ? -1 : read(fd, text, SPEC_MAX);
	const bool foreign = errno == ENOENT || errno == ELOOP || errno == ENXIO || errno == EISDIR;

	return length < 0 && foreign ? 0 : length;
}

/* Whether a specification is that endpoint's: its tap's name carries the interface index, which no
 * other endpoint has before this one is torn down. 1, 0, or -1 with errno. */
static int is_own(int directory, const char *name, uint32_t ifindex)
{
	struct failure foreign = { 0 };
	char text[SPEC_MAX], path[DEVICE_PATH_MAX], tap[TAP_NAME_MAX];
	const ssize_t length = spec_read(directory, name, text);

	if (length <= 0)
		return (int)length;
	OWNED(json_release)
	cJSON *spec = json_parse(text, (size_t)length, "a CDI specification", &foreign);
	const cJSON *device = cJSON_GetArrayItem(json_member(spec, "devices"), 0);
	const cJSON *nodes =
	        json_path(device, (const char *[]){ "containerEdits", "deviceNodes", NULL });
	const char *node = json_string(json_member(cJSON_GetArrayItem(nodes, 0), "path"));

	tap_name(ifindex, tap);
	snprintf(path, sizeof path, "/dev/%s", tap);
	return node && strcmp(node, path) == 0;
}

static int own_remove(int directory, const char *name, uint32_t ifindex, struct failure *f)
{
	const int own = is_own(directory, name, ifindex);

	if (own == 0 || (own > 0 && (unlinkat(directory, name, 0) == 0 || errno == ENOENT)))
		return 0;
	return fail(f, CNI_IO, strerror(errno), "remove the CDI device %s/%s", cdi_path(), name);
}

int cdi_remove(const struct endpoint *e, struct failure *f)
{
	char name[NAME_MAX + 1];

	if (!e->cdi || !*e->cdi || strchr(e->cdi, '/'))
		return 0;
	OWNED(fd_release) int directory = directory_open(false, f);
	if (directory < 0)
		return f->code ? -1 : 0;
	OWNED(fd_release) int lock = -1;
	lock_try(&lock);
	fresh_name(e, name);
	unlinkat(directory, name, 0);
	file_name(e, name);
	return own_remove(directory, name, e->ifindex, f);
}

int cdi_remove_unrecorded(uint32_t ifindex, struct failure *f)
{
	OWNED(fd_release) int directory = directory_open(false, f);
	int removed = 0;

	if (directory < 0)
		return f->code ? -1 : 0;
	OWNED(fd_release) int lock = -1;
	lock_try(&lock);
	OWNED(stream_release) DIR *stream = directory_stream(fcntl(directory, F_DUPFD_CLOEXEC, 0));
	if (!stream)
		return fail(f, CNI_IO, strerror(errno), "list the CDI devices in %s", cdi_path());
	const struct dirent *entry;
	while ((entry = entry_next(stream)))
		if (fnmatch("podtap.dev-tap_*", entry->d_name, 0) == 0 &&
		    own_remove(directory, entry->d_name, ifindex, f) < 0)
			removed = -1;
	if (errno)
		return fail(f, CNI_IO, strerror(errno), "list the CDI devices in %s", cdi_path());
	return removed;
}
