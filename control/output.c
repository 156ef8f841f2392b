/* SPDX-License-Identifier: Apache-2.0 */
/* Choosing a form, and printing data in it. */
#include "control/output.h"

#include "base/json.h"
#include "base/utf8.h"
#include "base/word.h"
#include "control/yaml.h"

#include <errno.h>

static const struct word forms[] = { { "table", OUTPUT_TABLE },
	                             { "wide", OUTPUT_WIDE },
	                             { "json", OUTPUT_JSON },
	                             { "yaml", OUTPUT_YAML },
	                             { NULL, 0 } };

int output_form(const struct call *call, enum output *form, struct failure *f)
{
	const char *named = call->option['o'];
	char wanted[96];
	uint32_t found = call->option['j'] ? OUTPUT_JSON : OUTPUT_TABLE;

	if (named && !word_find(forms, named, &found))
		return fail(f, CNI_OTHER,
		            word_wanted(forms, "it must be one of", wanted, sizeof wanted),
		            "--output %s", named);
	*form = (enum output)found;
	return 0;
}

int output_print(const cJSON *value, enum output form, FILE *out, struct failure *f)
{
	if (form == OUTPUT_YAML) {
		yaml_print(value, out);
		return 0;
	}
	OWNED(text_release) char *text = utf8_repair(cJSON_Print(value));
	if (!text)
		return fail_errno(f, ENOMEM, "print");
	fprintf(out, "%s\n", text);
	return 0;
}
