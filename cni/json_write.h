/* SPDX-License-Identifier: Apache-2.0 */
/* JSON spelled straight into a text, without a tree of it: for what most calls write. */
#ifndef CNI_JSON_WRITE_H
#define CNI_JSON_WRITE_H

#include "cni/owned.h"

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A document under construction, all zero at first. Running out of memory is noticed once, when it
 * is taken. */
struct json_writer {
	char *text;
	size_t length;
	size_t room;
	bool failed;
};

static inline void json_writer_release(struct json_writer *w)
{
	text_release(&w->text);
}

/* What is put between these two belongs to an object, which is a member of the one around it, or
 * (name NULL) the document. Names are written as they are: they hold nothing to be escaped. */
void json_begin(struct json_writer *w, const char *name);
void json_end(struct json_writer *w);

/* Put a member; a text or value that is NULL is left out. */
void json_put_text(struct json_writer *w, const char *name, const char *text);
void json_put_number(struct json_writer *w, const char *name, uint64_t number);
void json_put_true(struct json_writer *w, const char *name);
void json_put_value(struct json_writer *w, const char *name, const cJSON *value);

/* The document, which the caller owns; NULL when memory was out. */
char *json_writer_take(struct json_writer *w) MUST_CHECK;

#endif
