/* SPDX-License-Identifier: Apache-2.0 */
/* Decoding configuration keys by table: one row a key. */
#ifndef BASE_CONFIG_KEYS_H
#define BASE_CONFIG_KEYS_H

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
	KEY_OCTAL,  /* mode_t, a string of octal digits */
	KEY_MAC,    /* struct mac; `present` is set */
	KEY_IFNAME, /* char[max + 1] */
	KEY_PATH,   /* const char *, absolute */
	KEY_TEXT,   /* const char * */
};

struct key {
	const char *name;
	enum key_type type;
	size_t offset;
	size_t present; /* offset of a bool, for KEY_MAC */
	uint32_t min;
	uint32_t max;
	const struct word *words;
};

/* Decodes one key of a configuration object into the struct at `base`; absent leaves it alone. Code
 * CNI_CONFIG, naming key, value and what would be right. */
int key_read(const struct key *key, const cJSON *config, void *base, struct failure *f) MUST_CHECK;

/* Decodes a MAC address that came under a name: unicast and not zero. Code CNI_CONFIG. */
int key_mac_parse(const char *name, const char *text, struct mac *mac,
                  struct failure *f) MUST_CHECK;

/* The value as it stands in the configuration, cut to the buffer, for messages. */
const char *key_value_text(const cJSON *value, char *text, size_t size);

#endif
