/* SPDX-License-Identifier: Apache-2.0 */
/* Single keys of etcd, and all keys below a prefix. */
#ifndef EXPOSE_ADDRESSES_ETCD_KEYS_H
#define EXPOSE_ADDRESSES_ETCD_KEYS_H

#include "expose/addresses/etcd_client.h"

/* Read one key. ENGINE_OK: the entry belongs to the caller. */
enum engine_answer etcd_entry_get(struct etcd_client *c, const char *what, const char *key,
                                  struct etcd_entry *entry, struct failure *f);

/* Write an object (NULL: memory was short) at a key whose last change is still `version` ("": the
 * key does not exist), which becomes the new one. ENGINE_CONFLICT: *entry, which belongs to the
 * caller, has the key as it is; it stays unchanged if the key does not exist. */
enum engine_answer etcd_entry_put(struct etcd_client *c, const char *what, const char *key,
                                  char version[static VERSION_TEXT], const cJSON *object,
                                  struct etcd_entry *entry, struct failure *f);

/* The same, to delete the key. */
enum engine_answer etcd_entry_delete(struct etcd_client *c, const char *what, const char *key,
                                     const char version[static VERSION_TEXT],
                                     struct etcd_entry *entry, struct failure *f);

/* Visit all entries whose keys begin with a prefix, one page after the other. */
struct etcd_walk {
	void (*entry)(struct etcd_walk *w, const struct etcd_entry *entry);
	const void *context;
	void *out;
	struct failure *f;
	bool failed;             /* the visitor sets it, with the failure, to end the walk */
	char seen[VERSION_TEXT]; /* the revision of the first page */
};
enum engine_answer etcd_entries_walk(struct etcd_client *c, const char *what, const char *prefix,
                                     struct etcd_walk *w);

#endif
