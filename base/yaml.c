/* SPDX-License-Identifier: Apache-2.0 */
/* Making a tree of the events of libyaml's parser. */
#include "base/yaml.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <yaml.h>

enum { DEPTH_MAX = 32, VALUES_MAX = 20000 };
#define TOO_LARGE "it has more than 20000 values, or more than 32 levels"
_Static_assert(DEPTH_MAX == 32 && VALUES_MAX == 20000, "the text names the limits");

struct reader {
	yaml_parser_t parser;
	unsigned depth;
	unsigned values;
	const char *what;
	struct failure *f;
};

static void event_release(yaml_event_t *event)
{
	yaml_event_delete(event);
}

static int refuse(const struct reader *r, const char *why)
{
	return fail(r->f, CNI_DECODE, why, "%s, line %zu", r->what, r->parser.mark.line + 1);
}

static int event_next(struct reader *r, yaml_event_t *event)
{
	memset(event, 0, sizeof *event);
	if (yaml_parser_parse(&r->parser, event))
		return 0;
	return refuse(r, r->parser.problem ? r->parser.problem : "it is not YAML");
}

static bool scalar_is_null(const yaml_event_t *event)
{
	const char *text = (const char *)event->data.scalar.value;

	return event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
	       (!*text || strcmp(text, "~") == 0 || strcmp(text, "null") == 0);
}

static cJSON *value_read(struct reader *r, const yaml_event_t *event);

static cJSON *list_read(struct reader *r)
{
	OWNED(json_release) cJSON *list = cJSON_CreateArray();

	for (;;) {
		OWNED(event_release) yaml_event_t event;
		if (event_next(r, &event) < 0)
			return NULL;
		if (event.type == YAML_SEQUENCE_END_EVENT)
			return json_take(&list);
		if (!cJSON_AddItemToArray(list, value_read(r, &event)))
			return NULL;
	}
}

static cJSON *object_read(struct reader *r)
{
	OWNED(json_release) cJSON *object = cJSON_CreateObject();

	for (;;) {
		OWNED(event_release) yaml_event_t name;
		OWNED(event_release) yaml_event_t event = { .type = YAML_NO_EVENT };
		if (event_next(r, &name) < 0)
			return NULL;
		if (name.type == YAML_MAPPING_END_EVENT)
			return json_take(&object);
		if (name.type != YAML_SCALAR_EVENT)
			return refuse(r, "a name must be a text"), NULL;
		if (event_next(r, &event) < 0 ||
		    !cJSON_AddItemToObject(object, (const char *)name.data.scalar.value,
		                           value_read(r, &event)))
			return NULL;
	}
}

/* Reads the value that an event begins. Returns NULL with the failure. */
static cJSON *value_read(struct reader *r, const yaml_event_t *event)
{
	cJSON *value = NULL;

	if (++r->values > VALUES_MAX || r->depth >= DEPTH_MAX)
		return refuse(r, TOO_LARGE), NULL;
	r->depth++;
	if (event->type == YAML_SCALAR_EVENT)
		value = scalar_is_null(event)
		                ? cJSON_CreateNull()
		                : cJSON_CreateString((const char *)event->data.scalar.value);
	else if (event->type == YAML_SEQUENCE_START_EVENT)
		value = list_read(r);
	else if (event->type == YAML_MAPPING_START_EVENT)
		value = object_read(r);
	else
		refuse(r, event->type == YAML_ALIAS_EVENT
		                  ? "an alias (*NAME) is not understood: write the value again"
		                  : "only lists, objects and texts are understood");
	r->depth--;
	return value;
}

static cJSON *document_read(struct reader *r)
{
	static const yaml_event_type_t before[] = { YAML_STREAM_START_EVENT,
		                                    YAML_DOCUMENT_START_EVENT };
	OWNED(event_release) yaml_event_t first = { .type = YAML_NO_EVENT };

	for (size_t i = 0; i < sizeof before / sizeof *before; i++) {
		OWNED(event_release) yaml_event_t event;
		if (event_next(r, &event) < 0)
			return NULL;
		if (event.type != before[i])
			return refuse(r, "it is empty"), NULL;
	}
	return event_next(r, &first) < 0 ? NULL : value_read(r, &first);
}

cJSON *yaml_parse(const char *text, size_t length, const char *what, struct failure *f)
{
	struct reader r = { .what = what, .f = f };

	if (!yaml_parser_initialize(&r.parser))
		return fail_errno(f, ENOMEM, "%s", what), NULL;
	yaml_parser_set_input_string(&r.parser, (const unsigned char *)text, length);
	cJSON *document = document_read(&r);
	if (!document)
		fail_errno(f, ENOMEM, "%s", what); /* unless it is told already */
	yaml_parser_delete(&r.parser);
	return document;
}
