/* SPDX-License-Identifier: Apache-2.0 */
/* Keeping the results of calls by hand, in <state>/results, one file each. */
#include "base/errno_text.h"
#include "base/file.h"
#include "base/hash.h"
#include "control/attach.h"
#include "record/state.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { RESULT_MAX = 2 << 20, NAME_SIZE = 32 }; /* bytes */

static const char results[] = "results";

/* Writes the file's name, which follows from the attachment. */
static void file_name(const struct attach *a, const char *suffix, char name[static NAME_SIZE])
{
	const uint64_t network = text_hash(a->file.name);
	const uint64_t container = bytes_hash(a->container_id, strlen(a->container_id), network);

	snprintf(name, NAME_SIZE, "%016" PRIx64 "%s",
	         bytes_hash(a->ifname, strlen(a->ifname), container), suffix);
}

int attach_keep(const struct attach *a, const char *result, struct failure *f)
{
	OWNED(json_release) cJSON *json = cJSON_CreateObject();
	OWNED(fd_release) int directory = state_open(results, true, f);
	char name[NAME_SIZE], fresh[NAME_SIZE];

	if (directory < 0)
		return -1;
	OWNED(text_release)
	char *text =
	        cJSON_AddStringToObject(json, "network", a->file.name) &&
	                        cJSON_AddStringToObject(json, "containerID", a->container_id) &&
	                        cJSON_AddStringToObject(json, "ifname", a->ifname) &&
	                        cJSON_AddRawToObject(json, "result", result)
	                ? json_text(json)
	                : NULL;
	file_name(a, ".json", name);
	file_name(a, ".new", fresh);
	if (text && file_replace(directory, name, fresh, 0600, text, strlen(text)) == 0)
		return 0;
	return fail(f, CNI_IO, errno_text(text ? errno : ENOMEM), "keep the result in %s/%s",
	            state_path(), results);
}

cJSON *attach_kept(const struct attach *a, struct failure *f)
{
	OWNED(fd_release) int directory = state_open(results, false, f);
	char name[NAME_SIZE];
	size_t length;

	if (directory < 0)
		return NULL;
	file_name(a, ".json", name);
	OWNED(text_release) char *text = file_read(directory, name, RESULT_MAX, &length);
	if (!text) {
		if (errno != ENOENT)
			fail(f, CNI_IO, file_read_reason(errno), "read the result %s/%s/%s",
			     state_path(), results, name);
		return NULL;
	}
	OWNED(json_release) cJSON *json = json_parse(text, length, "the kept result", f);
	return cJSON_DetachItemFromObjectCaseSensitive(json, "result");
}

int attach_forget(const struct attach *a, struct failure *f)
{
	OWNED(fd_release) int directory = state_open(results, false, f);
	char name[NAME_SIZE];

	if (directory < 0)
		return f->code ? -1 : 0;
	file_name(a, ".json", name);
	if (unlinkat(directory, name, 0) == 0 || errno == ENOENT)
		return 0;
	return fail(f, CNI_IO, errno_text(errno), "remove the result %s/%s/%s", state_path(),
	            results, name);
}
