/* SPDX-License-Identifier: Apache-2.0 */
/* Printing YAML. */
#include "control/yaml.h"

#include "base/json.h"

#include <string.h>

static void indent(FILE *out, int depth)
{
	fprintf(out, "%*s", 2 * depth, "");
}

static bool is_plain(const char *name)
{
	static const char first[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
	static const char *const others[] = { "y",   "n",    "yes",   "no",  "on",
		                              "off", "true", "false", "null" };

	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		if (strcasecmp(name, others[i]) == 0)
			return false;
	return *name && strchr(first, *name) &&
	       strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_") ==
	               strlen(name);
}

/* The escapes of JSON are escapes of YAML. */
static void quote(const char *text, FILE *out)
{
	OWNED(json_release) cJSON *node = cJSON_CreateStringReference(text);
	OWNED(text_release) char *quoted = json_text(node);

	fputs(quoted ? quoted : "\"\"", out);
}

static void name_print(const char *name, FILE *out)
{
	if (is_plain(name))
		fputs(name, out);
	else
		quote(name, out);
	fputc(':', out);
}

static void scalar_print(const cJSON *value, FILE *out)
{
	if (cJSON_IsString(value)) {
		quote(value->valuestring, out);
		return;
	}
	OWNED(text_release) char *text = json_text(value); /* a number, a word, [] or {} */
	fputs(text ? text : "null", out);
}

static bool is_nested(const cJSON *value)
{
	return (cJSON_IsObject(value) || cJSON_IsArray(value)) && value->child;
}

/* Prints the members of a list or an object. The first one stands at the place of the stream, after
 * "- " or at the beginning of a line. */
static void members_print(const cJSON *of, int depth, FILE *out)
{
	const cJSON *member;

	cJSON_ArrayForEach(member, of)
	{
		if (member != of->child)
			indent(out, depth);
		if (cJSON_IsArray(of)) {
			fputs("- ", out);
		} else {
			name_print(member->string, out);
			fputc(is_nested(member) ? '\n' : ' ', out);
			if (is_nested(member))
				indent(out, depth + 1);
		}
		if (is_nested(member)) {
			members_print(member, depth + 1, out);
			continue;
		}
		scalar_print(member, out);
		fputc('\n', out);
	}
}

void yaml_print(const cJSON *value, FILE *out)
{
	if (is_nested(value)) {
		members_print(value, 0, out);
		return;
	}
	scalar_print(value, out);
	fputc('\n', out);
}
