/* SPDX-License-Identifier: Apache-2.0 */
/* Decoding configuration keys by table, with one row for each key. Every program reads its keys by
 * these rows. So a row has all facts about a key: its spelling, its bounds and its words. */
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

/* How the configuration spells the value of a key, and the type that stores it. */
enum key_type {
	KEY_BOOL,   /* bool */
	KEY_UINT,   /* uint32_t from min to max */
	KEY_LONG,   /* uint64_t up to 10^15 */
	KEY_WORD,   /* uint32_t, from a table of words */
	KEY_SWITCH, /* uint32_t: 0 for false, 1 for true, or from a table of words */
	KEY_OCTAL,  /* mode_t; a string of octal digits, at most max */
	KEY_MAC,    /* struct mac, unicast; or one of the key's words */
	KEY_IFNAME, /* char[max + 1] */
	KEY_PATH,   /* const char *, absolute */
	KEY_TEXT,   /* const char * */
	KEY_IP,     /* struct ip */
	KEY_CIDR,   /* struct cidr */
	KEY_OBJECT, /* const cJSON * */
	KEY_LIST,   /* const cJSON *; not stored if `each` reads the members */
	KEY_JSON,   /* const cJSON *; the reader checks it */
};

/* The object that has the keys, or a member of a list. */
struct key_scope {
	const cJSON *object;
	char path[96]; /* the path of the object, for messages; "": the configuration itself */
	struct failure *f;
};

/* Reads one member of a list into the struct at `base`. The member is the scope's object. */
typedef int key_reader(const struct key_scope *member, void *base);

/* A table of keys. Returns the row at a place, from 0 on, or NULL after the last. */
struct key;
typedef const struct key *key_table(size_t place);

/* Each start relocates the tables' pages, so that a key is small. */
struct key {
	const char *name; /* "": a member of a list, which has no name: it is the scope's object */
	enum key_type type;
	uint16_t offset;
	uint16_t present; /* the offset of a bool that KEY_MAC sets; 0: no such bool */
	uint16_t word;    /* the offset of a uint32_t that KEY_MAC sets to a word's number */
	bool required;
	bool strict; /* "" is a value; otherwise "" counts as absent, as in the reference plugins */
	uint32_t min;
	uint32_t max; /* for a list: the largest number of members; 0: no limit */
	const struct word *words;
	const struct key *member; /* for a list: the key of each member. `each` decides instead if
	                             there is one; this then only describes */
	key_table *members; /* for an object: its keys; NULL: they are not described. The reader
	                    reads them */
	key_reader *each;
	const char *wanted; /* a description of valid values; NULL: the description of the type */
};

enum { KEY_WANTED_TEXT = 256 };
#define KEY_LONG_MAX 1000000000000000

/* Decode one key of the scope's object into the struct at `base`. An absent key leaves the struct
 * unchanged. Returns 0, or -1 (CNI_CONFIG). The message has the path of the key, its value, and a
 * description of valid values. */
int key_read(const struct key *key, const struct key_scope *scope, void *base) MUST_CHECK;

/* Decode every key of a table. Returns as key_read() does. */
int keys_read(const struct key *keys, size_t n, const struct key_scope *scope,
              void *base) MUST_CHECK;

/* Decode every key of a table. An invalid key counts as absent, but a list keeps the members before
 * the invalid one. Clears the scope's failure. */
void keys_read_leniently(const struct key *keys, size_t n, const struct key_scope *scope,
                         void *base);

/* Check the spelling of a value without storing it. "" is a value. Returns NULL if the value is
 * valid, else a description of valid values, in `wanted` or static. */
const char *key_mismatch(const struct key *key, const cJSON *value,
                         char wanted[static KEY_WANTED_TEXT]);

/* Report an invalid value of a key of the scope's object. The name is "" for the object itself.
 * Returns -1 (CNI_CONFIG). */
int key_refuse(const struct key_scope *scope, const char *name, const cJSON *value,
               const char *wanted) MUST_CHECK;

/* Parse the MAC address of the key `name`. It must be unicast and not zero. Returns 0, or -1
 * (CNI_CONFIG). */
int key_mac_parse(const char *name, const char *text, struct mac *mac,
                  struct failure *f) MUST_CHECK;

/* Write a value as the configuration spells it, cut to the buffer, for messages. Returns the
 * buffer. */
const char *key_value_text(const cJSON *value, char *text, size_t size);

#endif
