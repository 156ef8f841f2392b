/* SPDX-License-Identifier: Apache-2.0 */
/* Writing the device plugin's file of resources. */
#include "expose/resources_file.h"

#include "cni/bytes.h"
#include "netns/link.h"
#include "plugin/state.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static const char file_name[] = "resources.json", fresh_name[] = "resources.json.new";

static bool entry_add(cJSON *list, const struct dp_entry *e, const char *name_space)
{
	char resource[256 + DP_NAME_TEXT];
	cJSON *row = cJSON_CreateObject();

	snprintf(resource, sizeof resource, "%s/%s", name_space, e->name);
	if (!cJSON_AddItemToArray(list, row)) {
		cJSON_Delete(row);
		return false;
	}
	return cJSON_AddStringToObject(row, "name", e->name) &&
	       cJSON_AddStringToObject(row, "resource", resource) &&
	       cJSON_AddStringToObject(row, "master", e->lower) &&
	       cJSON_AddStringToObject(row, "mode", word_text(link_modes, e->mode));
}

/* The caller frees the text; NULL: out of memory. */
static char *document_print(const struct dp_entry *const entries[], size_t n,
                            const char *name_space)
{
	OWNED(json_release) cJSON *document = cJSON_CreateObject();
	cJSON *list = NULL;

	if (cJSON_AddNumberToObject(document, "version", 1))
		list = cJSON_AddArrayToObject(document, "resources");
	if (!list)
		return NULL;
	for (size_t i = 0; i < n; i++)
		if (!entry_add(list, entries[i], name_space))
			return NULL;
	return cJSON_PrintUnformatted(document);
}

static int text_write(int directory, const char *text)
{
	unlinkat(directory, fresh_name, 0); /* one a kill left */
	OWNED(fd_release)
	int fd = openat(directory, fresh_name, O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW | O_CLOEXEC,
	                0644);
	if (fd < 0 || fchmod(fd, 0644) < 0 || bytes_write(fd, text, strlen(text)) < 0)
		return -1;
	return renameat(directory, fresh_name, directory, file_name);
}

int resources_file_write(const struct dp_entry *const entries[], size_t n, const char *name_space,
                         struct failure *f)
{
	OWNED(text_release) char *text = document_print(entries, n, name_space);
	OWNED(fd_release) int directory = state_open("", true, f);

	if (directory < 0)
		return -1;
	if (!text)
		return fail_errno(f, ENOMEM, "write %s/%s", state_path(), file_name);
	if (text_write(directory, text) == 0)
		return 0;
	fail(f, CNI_IO, strerror(errno), "write %s/%s", state_path(), file_name);
	unlinkat(directory, fresh_name, 0);
	return -1;
}
