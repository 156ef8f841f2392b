/* SPDX-License-Identifier: Apache-2.0 */
/* Reading and changing keys of etcd. */
#include "expose/addresses/etcd_keys.h"

#include <stdio.h>
#include <string.h>

static const char range_path[] = "/v3/kv/range", txn_path[] = "/v3/kv/txn";

enum engine_answer etcd_entry_get(struct etcd_client *c, const char *what, const char *key,
                                  struct etcd_entry *entry, struct failure *f)
{
	OWNED(text_release) char *body = etcd_range_body(key, strlen(key), NULL);
	const struct etcd_request r = { what, range_path, body, false };
	OWNED(json_release) cJSON *answer = NULL;
	const enum engine_answer got = etcd_call(c, &r, &answer, f);

	if (got != ENGINE_OK)
		return got;
	const cJSON *list = etcd_range_entries(answer);
	if (!list || !list->child)
		return ENGINE_NONE;
	return etcd_entry_read(entry, list->child, f) < 0 ? ENGINE_REFUSED : ENGINE_OK;
}

/* Puts a key, or deletes it if `text` is NULL. */
static enum engine_answer entry_change(struct etcd_client *c, const char *what, const char *key,
                                       char version[static VERSION_TEXT], const char *text,
                                       struct etcd_entry *entry, struct failure *f)
{
	OWNED(text_release) char *body = etcd_txn_body(key, version, text);
	const struct etcd_request r = { what, txn_path, body, true };
	OWNED(json_release) cJSON *answer = NULL;
	const enum engine_answer got = etcd_call(c, &r, &answer, f);

	if (got != ENGINE_OK)
		return got;
	if (!cJSON_IsTrue(json_member(answer, "succeeded"))) {
		const cJSON *list = etcd_txn_entries(answer);
		if (list && list->child && etcd_entry_read(entry, list->child, f) < 0)
			return ENGINE_REFUSED;
		return ENGINE_CONFLICT;
	}
	if (etcd_revision(answer, version))
		return ENGINE_OK;
	fail(f, CNI_DECODE, "it has no revision", "%s: etcd's answer", what);
	return ENGINE_UNKNOWN;
}

enum engine_answer etcd_entry_put(struct etcd_client *c, const char *what, const char *key,
                                  char version[static VERSION_TEXT], const cJSON *object,
                                  struct etcd_entry *entry, struct failure *f)
{
	OWNED(text_release) char *text = json_text(object);

	if (text)
		return entry_change(c, what, key, version, text, entry, f);
	fail_errno(f, ENOMEM, "%s at %s", what, key);
	return ENGINE_REFUSED;
}

enum engine_answer etcd_entry_delete(struct etcd_client *c, const char *what, const char *key,
                                     const char version[static VERSION_TEXT],
                                     struct etcd_entry *entry, struct failure *f)
{
	char known[VERSION_TEXT];

	memcpy(known, version, sizeof known);
	return entry_change(c, what, key, known, NULL, entry, f);
}

/* Visits the entries of a page. Sets the key to that of the last one. */
static enum engine_answer page_walk(const cJSON *list, char key[static ETCD_KEY],
                                    struct etcd_walk *w)
{
	const cJSON *kv;

	cJSON_ArrayForEach(kv, list)
	{
		OWNED(etcd_entry_release) struct etcd_entry entry = { .object = NULL };
		if (etcd_entry_read(&entry, kv, w->f) < 0)
			return ENGINE_REFUSED;
		w->entry(w, &entry);
		memcpy(key, entry.key, sizeof entry.key);
		if (w->failed)
			return ENGINE_REFUSED;
	}
	return ENGINE_OK;
}

enum engine_answer etcd_entries_walk(struct etcd_client *c, const char *what, const char *prefix,
                                     struct etcd_walk *w)
{
	char key[ETCD_KEY], end[ETCD_KEY];
	size_t size =
	        strlen(prefix); /* of the first key; the next pages begin behind the last one */
	enum engine_answer got = ENGINE_OK;

	snprintf(key, sizeof key, "%s", prefix);
	etcd_prefix_end(prefix, end);
	for (bool more = true; more && got == ENGINE_OK;) {
		OWNED(text_release) char *body = etcd_range_body(key, size, end);
		const struct etcd_request r = { what, range_path, body, false };
		OWNED(json_release) cJSON *answer = NULL;
		got = etcd_call(c, &r, &answer, w->f);
		if (got != ENGINE_OK)
			return got;
		if (!*w->seen && !etcd_revision(answer, w->seen))
			w->seen[0] = '\0';
		const cJSON *list = etcd_range_entries(answer);
		more = list && list->child && cJSON_IsTrue(json_member(answer, "more"));
		got = page_walk(list, key, w);
		size = strlen(key) + 1;
	}
	return got;
}
