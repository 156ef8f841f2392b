/* SPDX-License-Identifier: Apache-2.0 */
/* The forms in which verbs print what they know. */
#ifndef CONTROL_OUTPUT_H
#define CONTROL_OUTPUT_H

#include "control/verb.h"

#include <cjson/cJSON.h>
#include <stdio.h>

enum output { OUTPUT_TABLE, OUTPUT_WIDE, OUTPUT_JSON, OUTPUT_YAML };

/* The rows of a verb's options. */
#define OUTPUT_OPTIONS                                               \
	{ "output", "table|wide|json|yaml", 'o', "default: table" }, \
	{                                                            \
		"json", NULL, 'j', "as --output json"                \
	}

/* Returns whether the form is for programs. */
static inline bool output_is_data(enum output form)
{
	return form >= OUTPUT_JSON;
}

/* Read the options of OUTPUT_OPTIONS. Returns 0 or -1. */
int output_form(const struct call *call, enum output *form, struct failure *f) MUST_CHECK;

/* Print a value as JSON or YAML. Returns 0 or -1. */
int output_print(const cJSON *value, enum output form, FILE *out, struct failure *f) MUST_CHECK;

#endif
