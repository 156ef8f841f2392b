/* SPDX-License-Identifier: Apache-2.0 */
/* JSON as the peers read it: cJSON builds the tree, and one small scanner over the text itself
 * checks what cJSON forgives (grammar, depth, NUL) and keeps what it rounds (numbers). */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include "base/failure.h"
#include "base/owned.h"

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How deep, and how many values: a tree takes about a hundred bytes for each, whatever the text
 * says. The longest lists, a runtime's attachments at GC, have three values each. */
enum { JSON_DEPTH_MAX = 100, JSON_VALUES_MAX = 200000 };

static inline void json_release(cJSON **json)
{
	cJSON_Delete(*json);
	*json = NULL;
}

static inline cJSON *json_take(cJSON **json)
{
	cJSON *taken = *json;
	*json = NULL;
	return taken;
}

/* Parses exactly one JSON value, strictly by RFC 8259, within the bounds above. A number's
 * node keeps its literal in valuestring. The caller owns the tree; NULL with CNI_DECODE where the
 * text is not JSON, saying why and at which byte; `what` names the text in the message. */
cJSON *json_parse(const char *text, size_t length, const char *what, struct failure *f) MUST_CHECK;

/* Whether a member's name, however it is spelled, is this name to Go's encoding/json, which folds
 * letters as Unicode does. The name itself is ASCII. */
bool json_name_is(const char *spelled, const char *name);

/* The member of an object as Go's encoding/json finds it: by json_name_is(), the last one wins,
 * null counts as absent. NULL where there is none or `object` is not an object. */
const cJSON *json_member(const cJSON *object, const char *name);

/* The value at a path of member names (NULL-terminated). Repeated objects count as merged: the last
 * match of the whole path wins. */
const cJSON *json_path(const cJSON *object, const char *const names[]);

/* The exact integer a number's literal spells. False for 1.0, 1e3, anything beyond 64 bits, or a
 * value that is not a number of a tree made by json_parse(). */
bool json_integer(const cJSON *number, int64_t *out);

/* The text of a string node, else NULL. */
const char *json_string(const cJSON *node);

/* A value within a text: where its first byte stands and how many bytes it has. */
struct json_span {
	size_t at;
	size_t length;
};

/* Checks that the text is exactly one JSON value, as json_parse() does, without building anything.
 * On failure false, with a reason (static) and the byte it stopped at. */
bool json_check(const char *text, size_t length, const char **why, size_t *at);

/* Finds a member of the object that stands at `object` in a text that passed json_check(). Names
 * compare exactly after decoding escapes; the last one wins. */
bool json_find(const char *text, struct json_span object, const char *name,
               struct json_span *value);

/* The whole document's value, without the space around it, of a text that passed json_check(). */
struct json_span json_document(const char *text, size_t length);

#endif
