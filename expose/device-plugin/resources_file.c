/* SPDX-License-Identifier: Apache-2.0 */
/* Writing the device plugin's file of resources. */
#include "expose/device-plugin/resources_file.h"

#include "base/file.h"
#include "expose/common/daemon.h"
#include "netns/link.h"
#include "record/state.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* The reader takes twice as many bytes as others may have had before us. */
enum { FILE_VERSION = 1, OTHERS_MAX = 512 << 10 };
static const char file_name[] = "resources.json", fresh_name[] = "resources.json.new";

/* What a row of the file says; borrowed. */
struct row {
	const char *name, *resource, *master, *mode;
};

/* What one device plugin has to tell. */
struct told {
	const struct dp_entry *const *entries;
	size_t n;
	const char *name_space;
};

static bool row_add(cJSON *list, const struct row *r)
{
	cJSON *row = cJSON_CreateObject();

	if (!cJSON_AddItemToArray(list, row)) {
		cJSON_Delete(row);
		return false;
	}
	return cJSON_AddStringToObject(row, "name", r->name) &&
	       cJSON_AddStringToObject(row, "resource", r->resource) &&
	       cJSON_AddStringToObject(row, "master", r->master) &&
	       cJSON_AddStringToObject(row, "mode", r->mode);
}

static bool entry_add(cJSON *list, const struct dp_entry *e, const char *name_space)
{
	char resource[256 + DP_NAME_TEXT];
	const struct row row = { e->name, resource, e->lower, word_text(link_modes, e->mode) };

	snprintf(resource, sizeof resource, "%s/%s", name_space, e->name);
	return row_add(list, &row);
}

static bool row_read(const cJSON *json, struct row *r)
{
	*r = (struct row){ json_string(json_member(json, "name")),
		           json_string(json_member(json, "resource")),
		           json_string(json_member(json, "master")),
		           json_string(json_member(json, "mode")) };
	return r->name && r->resource && r->master && r->mode;
}

/* Whether a row is another device plugin's, of a namespace of its own. One whose name we have gives
 * way: a deviceID has no namespace. */
static bool is_others(const struct row *r, const struct told *told)
{
	const size_t length = strlen(told->name_space);

	if (strncmp(r->resource, told->name_space, length) == 0 && r->resource[length] == '/')
		return false;
	for (size_t i = 0; i < told->n; i++)
		if (strcmp(told->entries[i]->name, r->name) == 0) {
			say("%s gives way to that of %s: their devices have the same names",
			    r->resource, told->name_space);
			return false;
		}
	return true;
}

/* The document that is there, which the caller owns; NULL where it is of no use: it is replaced. */
static cJSON *document_read(int directory)
{
	struct failure unusable = { 0 };
	size_t length;
	int64_t version;
	OWNED(text_release) char *text = file_read(directory, file_name, OTHERS_MAX, &length);
	OWNED(json_release)
	cJSON *document = text ? json_parse(text, length, file_name, &unusable) : NULL;

	if (!json_integer(json_member(document, "version"), &version) || version != FILE_VERSION)
		return NULL;
	return json_take(&document);
}

static bool others_add(cJSON *list, const cJSON *before, const struct told *told)
{
	const cJSON *json;
	struct row row;

	cJSON_ArrayForEach(json, json_member(before, "resources"))
	{
		if (row_read(json, &row) && is_others(&row, told) && !row_add(list, &row))
			return false;
	}
	return true;
}

/* The text that replaces what was there before, which the caller frees; NULL: out of memory. */
static char *document_print(const struct told *told, const cJSON *before)
{
	OWNED(json_release) cJSON *document = cJSON_CreateObject();
	cJSON *list = NULL;

	if (cJSON_AddNumberToObject(document, "version", FILE_VERSION))
		list = cJSON_AddArrayToObject(document, "resources");
	if (!list)
		return NULL;
	for (size_t i = 0; i < told->n; i++)
		if (!entry_add(list, told->entries[i], told->name_space))
			return NULL;
	return others_add(list, before, told) ? cJSON_PrintUnformatted(document) : NULL;
}

int resources_file_write(const struct dp_entry *const entries[], size_t n, const char *name_space,
                         struct failure *f)
{
	const struct told told = { entries, n, name_space };
	OWNED(fd_release) int lock = state_lock(f);
	OWNED(fd_release) int directory = lock < 0 ? -1 : state_open("", true, f);

	if (directory < 0)
		return -1;
	OWNED(json_release) cJSON *before = document_read(directory);
	OWNED(text_release) char *text = document_print(&told, before);
	if (!text)
		return fail_errno(f, ENOMEM, "write %s/%s", state_path(), file_name);
	const mode_t mask = umask(022); /* whoever wants to know may read it */
	const int done = file_replace(directory, file_name, fresh_name, 0644, text, strlen(text));
	umask(mask);
	if (done == 0)
		return 0;
	return fail(f, CNI_IO, strerror(errno), "write %s/%s", state_path(), file_name);
}
