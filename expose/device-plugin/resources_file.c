/* SPDX-License-Identifier: Apache-2.0 */
/* Writing the device plugin's file of resources. */
#include "expose/device-plugin/resources_file.h"

#include "base/errno_text.h"
#include "base/file.h"
#include "expose/common/daemon.h"
#include "netns/link.h"
#include "record/state.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* The reader accepts twice as many bytes as the rows of others may have. */
enum { FILE_VERSION = 1, OTHERS_MAX = 512 << 10 };
static const char file_name[] = "resources.json", fresh_name[] = "resources.json.new";

/* A row of the file; borrowed texts. */
struct row {
	const char *name, *resource, *master, *mode;
};

/* This device plugin's rows. */
struct own_rows {
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

/* Returns whether a row belongs to the namespace of another device plugin. Drops a row with a name
 * of ours: a deviceID has no namespace. */
static bool is_others(const struct row *r, const struct own_rows *own)
{
	const size_t length = strlen(own->name_space);

	if (strncmp(r->resource, own->name_space, length) == 0 && r->resource[length] == '/')
		return false;
	for (size_t i = 0; i < own->n; i++)
		if (strcmp(own->entries[i]->name, r->name) == 0) {
			log_event("%s gives way to that of %s: their devices have the same names",
			          r->resource, own->name_space);
			return false;
		}
	return true;
}

/* Whether the errno of file_read() tells of an object that is no file of ours, or of no file. */
static bool is_foreign(int err)
{
	return err == ENOENT || err == ELOOP || err == EBADMSG || err == ENXIO;
}

/* Reads the present document, which the caller owns. NULL: its text cannot be used, and it is then
 * replaced. Returns 0; or -1 if it cannot be read now, because it may have rows of others. */
static int document_read(int directory, cJSON **document, struct failure *f)
{
	struct failure refusal = { 0 };
	size_t length;
	int64_t version;
	OWNED(text_release) char *text = file_read(directory, file_name, OTHERS_MAX, &length);

	*document = NULL;
	if (!text && !is_foreign(errno))
		return fail(f, CNI_IO, errno_text(errno), "read %s/%s", state_path(), file_name);
	if (text)
		*document = json_parse(text, length, file_name, &refusal);
	if (refusal.code && refusal.code != CNI_DECODE)
		return failure_pass(f, &refusal);
	if (!json_integer(json_member(*document, "version"), &version) || version != FILE_VERSION)
		json_release(document);
	return 0;
}

static bool others_add(cJSON *list, const cJSON *before, const struct own_rows *own)
{
	const cJSON *json;
	struct row row;

	cJSON_ArrayForEach(json, json_member(before, "resources"))
	{
		if (row_read(json, &row) && is_others(&row, own) && !row_add(list, &row))
			return false;
	}
	return true;
}

/* Prints the new document, which the caller frees. Returns NULL if out of memory. */
static char *document_print(const struct own_rows *own, const cJSON *before)
{
	OWNED(json_release) cJSON *document = cJSON_CreateObject();
	cJSON *list = NULL;

	if (cJSON_AddNumberToObject(document, "version", FILE_VERSION))
		list = cJSON_AddArrayToObject(document, "resources");
	if (!list)
		return NULL;
	for (size_t i = 0; i < own->n; i++)
		if (!entry_add(list, own->entries[i], own->name_space))
			return NULL;
	return others_add(list, before, own) ? cJSON_PrintUnformatted(document) : NULL;
}

int resources_file_write(const struct dp_entry *const entries[], size_t n, const char *name_space,
                         struct failure *f)
{
	const struct own_rows own = { entries, n, name_space };
	OWNED(fd_release) int lock = state_lock(f);
	OWNED(fd_release) int directory = lock < 0 ? -1 : state_open("", true, f);

	if (directory < 0)
		return -1;
	OWNED(json_release) cJSON *before = NULL;
	if (document_read(directory, &before, f) < 0)
		return -1;
	OWNED(text_release) char *text = document_print(&own, before);
	if (!text)
		return fail_errno(f, ENOMEM, "write %s/%s", state_path(), file_name);
	const mode_t mask = umask(022); /* any user may read it */
	const int done = file_replace(directory, file_name, fresh_name, 0644, text, strlen(text));
	umask(mask);
	if (done == 0)
		return 0;
	return fail(f, CNI_IO, errno_text(errno), "write %s/%s", state_path(), file_name);
}
