/* SPDX-License-Identifier: Apache-2.0 */
/* JSON as our peers read it. cJSON builds the tree. A small scanner over the text checks what cJSON
 * accepts wrongly (grammar, depth, NUL), and keeps the numbers that cJSON rounds. */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include "base/failure.h"
#include "base/owned.h"

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The limits of depth and of the number of values. Each value costs about a hundred bytes in a
 * tree. The longest lists are a runtime's attachments at GC, with three values each. */
enum { JSON_DEPTH_MAX = 100, JSON_VALUES_MAX = 200000 };
#define JSON_TOO_DEEP "it has more than 100 levels"
#define JSON_TOO_MANY "it has more than 200000 values"
_Static_assert(JSON_DEPTH_MAX == 100 && JSON_VALUES_MAX == 200000, "the texts name the limits");

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

/* Parse exactly one JSON value, strictly by RFC 8259, within the limits above. The valuestring of a
 * number's node is its literal. Returns the tree, which the caller owns, or NULL (CNI_DECODE) if
 * the text is not JSON. The message names the text by `what`, the reason and the byte. */
cJSON *json_parse(const char *text, size_t length, const char *what, struct failure *f) MUST_CHECK;

/* Write a tree as text, without spaces. Returns the text, which the caller owns, or NULL if memory
 * is short. Records and results of usual size take one allocation. */
char *json_text(const cJSON *json);

/* Make a tree that a program built as if its text had been parsed: each number gets its literal,
 * which json_integer() reads. Returns 0, or -1 (CNI_DECODE) if it has more values than json_parse()
 * takes: the result of an ADD comes back, as a text, with the DEL. */
int json_as_parsed(cJSON *json, const char *what, struct failure *f) MUST_CHECK;

/* Returns whether Go's encoding/json takes `spelled` for the member `name`. Go folds letters as
 * Unicode does. `name` is ASCII. */
bool json_name_is(const char *spelled, const char *name);

/* Find the member of an object as Go's encoding/json does. Names compare by json_name_is(). The
 * last match wins. A member that is null counts as absent. Returns NULL if the member is absent or
 * `object` is not an object. */
const cJSON *json_member(const cJSON *object, const char *name);

/* Returns the first member of an object. Another value has none: the items of a list have no
 * names. */
cJSON *json_members(const cJSON *object);

#define json_each_member(member, object) \
	for ((member) = json_members(object); (member); (member) = (member)->next)

/* Find the value at a path of member names (NULL-terminated). Repeated objects count as merged: the
 * last match of the whole path wins. */
const cJSON *json_path(const cJSON *object, const char *const names[]);

/* Read the exact integer of a number's literal. Returns false for 1.0, for 1e3, for a number beyond
 * 64 bits, and for a value that is not a number in a tree of json_parse(). */
bool json_integer(const cJSON *number, int64_t *out);

/* Set a member of an object to a text, in place of every member that json_member() finds by that
 * name. Returns false if memory is short. */
bool json_set_text(cJSON *object, const char *name, const char *text);

/* Returns the text of a string node; NULL for another node. */
const char *json_string(const cJSON *node);

/* The place of a value in a text: its first byte and its number of bytes. */
struct json_span {
	size_t at;
	size_t length;
};

/* Check that a text is exactly one JSON value, as json_parse() does, but build no tree. Returns
 * false on failure, with the reason (static) and the byte where the scanner stopped. */
bool json_check(const char *text, size_t length, const char **why, size_t *at);

/* Find a member of the object at `object`, in a text that json_check() accepted. Names compare
 * exactly, after escapes are decoded. The last match wins. */
bool json_find(const char *text, struct json_span object, const char *name,
               struct json_span *value);

/* Walk the members of the object at `object`, in such a text, in their order: begin with zeros.
 * Returns false behind the last one, and for a value that is no object. */
struct json_walk {
	struct json_span name, value;
	size_t at; /* where to go on */
};
bool json_next_member(const char *text, struct json_span object, struct json_walk *w);

/* Returns whether the value is this text, after escapes are decoded. */
bool json_text_is(const char *text, struct json_span value, const char *wanted);

/* Copy a value that is a text, with its escapes decoded. Returns false if it is no text, or too
 * long: then `out` may have a part of it. */
bool json_text_copy(const char *text, struct json_span value, char *out, size_t size);

/* Returns the value of the whole document without the space around it, for a text that json_check()
 * accepted. */
struct json_span json_document(const char *text, size_t length);

#endif
