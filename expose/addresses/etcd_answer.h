/* SPDX-License-Identifier: Apache-2.0 */
/* The JSON of etcd's gateway: requests as text, and what an answer has. */
#ifndef EXPOSE_ADDRESSES_ETCD_ANSWER_H
#define EXPOSE_ADDRESSES_ETCD_ANSWER_H

#include "expose/addresses/objects.h"
#include "expose/addresses/watcher.h"

enum { ETCD_KEY = 512, ETCD_TOKEN = 4096, ETCD_PAGE = 32 };

/* A key with its value. */
struct etcd_entry {
	char key[ETCD_KEY];
	char version[VERSION_TEXT]; /* the revision of the last change */
	int64_t created;            /* the revision of the creation */
	cJSON *object;              /* owned; NULL: the value is not JSON, or too long */
};
void etcd_entry_release(struct etcd_entry *e);

/* Read one of an answer's "kvs". Returns 0, or -1 (CNI_DECODE). */
int etcd_entry_read(struct etcd_entry *e, const cJSON *kv, struct failure *f) MUST_CHECK;

/* Returns the list of "kvs" in the answer to a range, or in the first answer of a transaction; NULL
 * if it has none. */
const cJSON *etcd_range_entries(const cJSON *answer);
const cJSON *etcd_txn_entries(const cJSON *answer);

/* Read the revision of the whole store at the time of the answer. Returns whether there is one. */
bool etcd_revision(const cJSON *answer, char version[static VERSION_TEXT]);

/* Copy the token of an answer to an authentication. Returns whether there is a valid one. */
bool etcd_token(const cJSON *answer, char token[static ETCD_TOKEN]);

/* The words of an answer with a failure, or NULL. */
const char *etcd_error(const cJSON *answer);

/* Read a line of a watch. */
enum watch_event etcd_event_read(const char *line, size_t length);

/* Bodies of requests. The texts belong to the caller; NULL: memory is short. `end` is NULL for one
 * key; `from` and `end` may have a NUL at their end, which their sizes include. */
char *etcd_range_body(const char *from, size_t from_size, const char *end);
char *etcd_watch_body(const char *from, const char *end, const char *after);
/* A transaction: if the key's last change is `version` (""  the key does not exist), put the value,
 * or delete the key if it is NULL; else read the key. */
char *etcd_txn_body(const char *key, const char *version, const char *value);

/* The end of the range of all keys that begin with a text; the text must not be empty. Returns the
 * buffer. */
const char *etcd_prefix_end(const char *prefix, char end[static ETCD_KEY]);

#endif
