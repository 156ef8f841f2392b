/* SPDX-License-Identifier: Apache-2.0 */
/* Reading the device plugin's file of resources. */
#include "record/resources.h"

#include "base/errno_text.h"
#include "base/file.h"
#include "base/json.h"
#include "record/state.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { FILE_MAX = 1 << 20, FILE_VERSION = 1, RESOURCE_NAME_MAX = 63 }; /* bytes */

static const char file_name[] = "resources.json";
static const char infix[] = "Mvp";

static bool is_alphanumeric(char byte)
{
	return (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') ||
	       (byte >= 'A' && byte <= 'Z');
}

bool resource_name_valid(const char *name, size_t length)
{
	if (length == 0 || length > RESOURCE_NAME_MAX || !is_alphanumeric(name[0]) ||
	    !is_alphanumeric(name[length - 1]))
		return false;
	for (size_t i = 0; i < length; i++)
		if (!is_alphanumeric(name[i]) && !strchr("-_.", name[i]))
			return false;
	return true;
}

/* Returns the length in bytes of the resource's name in a deviceID, 0 if it has another form. */
static size_t name_length(const char *device_id)
{
	const size_t length = strlen(device_id), between = sizeof infix - 1;
	size_t digits = 0;

	while (digits < length && strchr("0123456789", device_id[length - digits - 1]))
		digits++;
	if (!digits || length - digits <= between)
		return 0;
	const size_t name = length - digits - between;
	if (strncmp(device_id + name, infix, between) != 0)
		return 0;
	return resource_name_valid(device_id, name) ? name : 0;
}

bool resource_is_named(const char *device_id)
{
	return name_length(device_id) > 0;
}

static int refuse(const char *what, struct failure *f)
{
	return fail(f, CNI_DECODE, what, "read %s/%s", state_path(), file_name);
}

/* Read the file. Returns the document, which the caller owns; NULL if there is no file, or with the
 * failure. */
static cJSON *document_read(struct failure *f)
{
	size_t length;
	OWNED(fd_release) int directory = state_open("", false, f);

	if (directory < 0)
		return NULL;
	OWNED(text_release) char *text = file_read(directory, file_name, FILE_MAX, &length);
	if (text)
		return json_parse(text, length, file_name, f);
	if (errno != ENOENT)
		fail(f, CNI_IO, file_read_reason(errno), "read %s/%s", state_path(), file_name);
	return NULL;
}

static enum found entry_read(const cJSON *entry, struct resource *resource, struct failure *f)
{
	const char *master = json_string(json_member(entry, "master"));
	const char *mode = json_string(json_member(entry, "mode"));

	if (!master || !*master || strlen(master) >= sizeof resource->master || strchr(master, '/'))
		return refuse("a resource's master is no interface's name", f);
	if (!mode || !word_find(link_modes, mode, &resource->mode))
		return refuse("a resource's mode is none", f);
	snprintf(resource->master, sizeof resource->master, "%s", master);
	return FOUND;
}

enum found resource_find(const char *device_id, struct resource *resource, struct failure *f)
{
	const size_t length = name_length(device_id);
	const cJSON *entry;
	int64_t version;

	if (length == 0)
		return FOUND_NONE;
	OWNED(json_release) cJSON *document = document_read(f);
	const cJSON *list = json_member(document, "resources");
	if (!document)
		return f->code ? FOUND_FAILED : FOUND_NONE;
	if (!json_integer(json_member(document, "version"), &version) || version != FILE_VERSION)
		return refuse("it is of another version", f);
	if (!cJSON_IsArray(list))
		return refuse("it has no list of resources", f);
	cJSON_ArrayForEach(entry, list)
	{
		const char *name = json_string(json_member(entry, "name"));
		if (name && strlen(name) == length && strncmp(name, device_id, length) == 0)
			return entry_read(entry, resource, f);
	}
	return FOUND_NONE;
}
