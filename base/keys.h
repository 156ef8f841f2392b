/* SPDX-License-Identifier: Apache-2.0 */
/* Decoding configuration keys by table: one row a key. Every program reads its keys by these rows,
 * so a row says all there is to know of a key: how it is spelled, its bounds and its words. */
#ifndef BASE_KEYS_H
#define BASE_KEYS_H

#include "base/failure.h"
#include "base/owned.h"
#include "base/word.h"

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mac;

/* How a key's value is spelled and what it is stored as. */
enum key_type {
	KEY_BOOL,   /* bool */
	KEY_UINT,   /* uint32_t, between min and max */
	KEY_WORD,   /* uint32_t, by words */
	KEY_OCTAL,  /* mode_t, a string of octal digits, at most max */
	KEY_MAC,    /* struct mac, unicast */
	KEY_IFNAME, /* char[max + 1] */
	KEY_PATH,   /* const char *, absolute */
	KEY_TEXT,   /* const char * */
	KEY_IP,     /* struct ip */
	KEY_CIDR,   /* struct cidr */
	KEY_OBJECT, /* const cJSON * */
	KEY_LIST,   /* const cJSON *, or nothing where `each` reads the members */
	KEY_JSON,   /* const cJSON *; its reader checks it */
};

/* The object whose keys are read, or a member of a list. */
struct key_scope {
	const cJSON *object;
	char path[96]; /* of the object, for messages; "": the configuration itself */
	struct failure *f;
};

/* Reads one member of a list into the struct at `base`; the member is the scope's object. */
typedef int key_reader(const struct key_scope *member, void *base);

struct key {
	const char *name; /* "": a member of a list, which has no name; it is the scope's object */
	enum key_type type;
	size_t offset;
	size_t present; /* offset of a bool that KEY_MAC sets; 0: none */
	uint32_t min;
	uint32_t max; /* of a list: members; 0: any number */
	const struct word *words;
	const struct key *member; /* of a list: how each member is spelled; NULL: `each` decides */
	key_reader *each;
	const char *wanted; /* what the value must be; NULL: what the type says */
	bool required;
	bool strict; /* "" is a value; without it "" counts as absent, as in the reference plugins
	              */
};

enum { KEY_WANTED_TEXT = 256 };

/* Decode one key of the scope's object into the struct at `base`. A key that is absent leaves the
 * struct alone. Returns 0, or -1 (CNI_CONFIG) with the key's path, its value and what is wanted. */
int key_read(const struct key *key, const struct key_scope *scope, void *base) MUST_CHECK;

/* Decode every key of a table. Returns as key_read() does. */
int keys_read(const struct key *keys, size_t n, const struct key_scope *scope,
              void *base) MUST_CHECK;

/* Decode every key of a table; one that is not right counts as absent, though a list keeps the
 * members before the wrong one. The scope's failure is cleared. */
void keys_read_leniently(const struct key *keys, size_t n, const struct key_scope *scope,
                         void *base);

/* Check how a value is spelled, without storing it; "" is a value. Returns what the value must be,
 * in `wanted` or static; NULL when it is right. */
const char *key_mismatch(const struct key *key, const cJSON *value,
                         char wanted[static KEY_WANTED_TEXT]);

/* Refuse the value of a key of the scope's object; the name is "" for the object itself. Returns -1
 * (CNI_CONFIG). */
int key_refuse(const struct key_scope *scope, const char *name, const cJSON *value,
               const char *wanted) MUST_CHECK;

/* Decode a MAC address that came under a name; it must be unicast and not zero. Returns 0, or -1
 * (CNI_CONFIG). */
int key_mac_parse(const char *name, const char *text, struct mac *mac,
                  struct failure *f) MUST_CHECK;

/* Write the value as it stands in the configuration, cut to the buffer, for messages. Returns the
 * buffer. */
const char *key_value_text(const cJSON *value, char *text, size_t size);

#endif
