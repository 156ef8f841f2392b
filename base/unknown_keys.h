/* SPDX-License-Identifier: Apache-2.0 */
/* Keys that no table has: mostly a known key that is misspelled, and so has no effect. */
#ifndef BASE_UNKNOWN_KEYS_H
#define BASE_UNKNOWN_KEYS_H

#include "base/keys.h"

enum { UNKNOWN_KEYS_MAX = 16 };

struct unknown_visit {
	/* Gets the path of an unknown key and the known one that it resembles, or NULL. */
	void (*on_key)(const char *path, const char *meant, void *data);
	void *data;
};

/* Call on_key() for every member of an object that is a key of neither table, also in the objects
 * and lists that the tables describe. `path` is the object's, "" for the configuration; `more` may
 * be NULL. Visit no more than the first UNKNOWN_KEYS_MAX: the author of a configuration must not
 * fill the log with them. */
void keys_unknown(const cJSON *object, const char *path, key_table *keys, key_table *more,
                  const struct unknown_visit *visit);

#endif
