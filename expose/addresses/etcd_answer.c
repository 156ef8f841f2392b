/* SPDX-License-Identifier: Apache-2.0 */
/* Reading and writing the JSON of etcd's gateway: keys and values in base64, 64-bit numbers as
 * strings. */
#include "expose/addresses/etcd_answer.h"

#include "base/base64.h"

#include <stdio.h>
#include <string.h>

void etcd_entry_release(struct etcd_entry *e)
{
	json_release(&e->object);
}

/* Returns whether a node is a number from 1, as the gateway spells it. */
static bool revision_read(const cJSON *node, char text[static VERSION_TEXT])
{
	const char *digits = json_string(node);
	const size_t length = digits ? strlen(digits) : 0;

	if (length == 0 || length >= 19 || strspn(digits, "0123456789") != length)
		return false;
	memcpy(text, digits, length + 1);
	return true;
}

static bool key_read_text(const cJSON *node, char key[static ETCD_KEY])
{
	const char *text = json_string(node);
	size_t length = 0;
	OWNED(text_release) char *bytes = text ? base64_decode(text, ETCD_KEY - 1, &length) : NULL;

	if (!bytes || length == 0 || strlen(bytes) != length)
		return false;
	memcpy(key, bytes, length + 1);
	return true;
}

/* A value that is not JSON is no failure: anyone may have written it. */
static cJSON *value_read(const cJSON *node, const char *key)
{
	const char *text = json_string(node);
	struct failure unread = { 0 };
	size_t length;
	OWNED(text_release) char *bytes = text ? base64_decode(text, OBJECT_MAX, &length) : NULL;

	return bytes ? json_parse(bytes, length, key, &unread) : NULL;
}

int etcd_entry_read(struct etcd_entry *e, const cJSON *kv, struct failure *f)
{
	char created[VERSION_TEXT];

	*e = (struct etcd_entry){ .object = NULL };
	if (!key_read_text(json_member(kv, "key"), e->key) ||
	    !revision_read(json_member(kv, "mod_revision"), e->version) ||
	    !revision_read(json_member(kv, "create_revision"), created))
		return fail(f, CNI_DECODE, "it has no valid key or revision",
		            "read an entry of etcd");
	e->created = strtoll(created, NULL, 10);
	e->object = value_read(json_member(kv, "value"), e->key);
	return 0;
}

const cJSON *etcd_range_entries(const cJSON *answer)
{
	const cJSON *list = json_member(answer, "kvs");

	return cJSON_IsArray(list) ? list : NULL;
}

const cJSON *etcd_txn_entries(const cJSON *answer)
{
	const cJSON *list = json_member(answer, "responses");
	const cJSON *first = cJSON_IsArray(list) ? list->child : NULL;

	return etcd_range_entries(json_member(first, "response_range"));
}

bool etcd_revision(const cJSON *answer, char version[static VERSION_TEXT])
{
	return revision_read(json_member(json_member(answer, "header"), "revision"), version);
}

bool etcd_token(const cJSON *answer, char token[static ETCD_TOKEN])
{
	const char *text = json_string(json_member(answer, "token"));
	const size_t length = text ? strlen(text) : 0;

	if (length == 0 || length >= ETCD_TOKEN)
		return false;
	for (size_t i = 0; i < length; i++)
		if (text[i] <= ' ' || text[i] > '~')
			return false;
	memcpy(token, text, length + 1);
	return true;
}

const char *etcd_error(const cJSON *answer)
{
	const char *text = json_string(json_member(answer, "error"));

	return text ? text : json_string(json_member(answer, "message"));
}

enum watch_event etcd_event_read(const char *line, size_t length)
{
	struct json_span document, result, value;
	const char *why;
	size_t at;

	if (!json_check(line, length, &why, &at))
		return WATCH_OVER;
	document = json_document(line, length);
	if (!json_find(line, document, "result", &result))
		return WATCH_OVER;
	if (json_find(line, result, "canceled", &value) && line[value.at] == 't')
		return WATCH_OVER;
	return json_find(line, result, "events", &value) ? WATCH_CHANGED : WATCH_NOTHING;
}

/* Adds a member whose value is base64 of `n` bytes. */
static bool bytes_add(cJSON *object, const char *name, const void *bytes, size_t n)
{
	OWNED(text_release) char *text = base64_encode(bytes, n);

	return text && cJSON_AddStringToObject(object, name, text);
}

static bool text_add(cJSON *object, const char *name, const char *text)
{
	return bytes_add(object, name, text, strlen(text));
}

char *etcd_range_body(const char *from, size_t from_size, const char *end)
{
	OWNED(json_release) cJSON *body = cJSON_CreateObject();

	if (!bytes_add(body, "key", from, from_size) ||
	    (end && !text_add(body, "range_end", end)) ||
	    !cJSON_AddNumberToObject(body, "limit", ETCD_PAGE))
		return NULL;
	return json_text(body);
}

char *etcd_watch_body(const char *from, const char *end, const char *after)
{
	OWNED(json_release) cJSON *body = cJSON_CreateObject();
	cJSON *create = cJSON_AddObjectToObject(body, "create_request");
	char start[VERSION_TEXT];

	snprintf(start, sizeof start, "%lld", strtoll(after, NULL, 10) + 1);
	if (!text_add(create, "key", from) || !text_add(create, "range_end", end) ||
	    (*after && !cJSON_AddStringToObject(create, "start_revision", start)))
		return NULL;
	return json_text(body);
}

/* Adds a list with one object, which is returned, or NULL. */
static cJSON *list_of_one(cJSON *object, const char *name)
{
	cJSON *item = cJSON_CreateObject();

	if (cJSON_AddItemToArray(cJSON_AddArrayToObject(object, name), item))
		return item;
	cJSON_Delete(item);
	return NULL;
}

char *etcd_txn_body(const char *key, const char *version, const char *value)
{
	OWNED(json_release) cJSON *body = cJSON_CreateObject();
	cJSON *compare = list_of_one(body, "compare");
	cJSON *change = cJSON_AddObjectToObject(list_of_one(body, "success"),
	                                        value ? "request_put" : "request_delete_range");
	cJSON *read = cJSON_AddObjectToObject(list_of_one(body, "failure"), "request_range");
	const bool fresh = !*version;

	if (!text_add(compare, "key", key) ||
	    !cJSON_AddStringToObject(compare, "target", fresh ? "CREATE" : "MOD") ||
	    !cJSON_AddStringToObject(compare, "result", "EQUAL") ||
	    !cJSON_AddStringToObject(compare, fresh ? "create_revision" : "mod_revision",
	                             fresh ? "0" : version) ||
	    !text_add(change, "key", key) || (value && !text_add(change, "value", value)) ||
	    !text_add(read, "key", key))
		return NULL;
	return json_text(body);
}

const char *etcd_prefix_end(const char *prefix, char end[static ETCD_KEY])
{
	snprintf(end, ETCD_KEY, "%s", prefix);
	end[strlen(end) - 1]++; /* no prefix ends in the last of all characters */
	return end;
}
