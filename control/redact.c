/* SPDX-License-Identifier: Apache-2.0 */
/* Finding secrets by the names of their members. */
#include "control/redact.h"

#include "base/json.h"

#include <stdio.h>
#include <string.h>

static const char removed[] = "removed";

bool redact_is_secret(const char *name)
{
	static const char *const words[] = { "password", "passwd", "passphrase", "token",
		                             "secret",   "key",    "credential", "authorization" };

	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (strcasestr(name, words[i]))
			return true;
	return false;
}

/* Writes the pairs of a text, with the values of secrets replaced. */
static void pairs_write(const char *text, FILE *out)
{
	for (size_t length; *text; text += length + (text[length] == ';')) {
		length = strcspn(text, ";");
		const size_t name = strcspn(text, "=;");
		OWNED(text_release) char *copy = strndup(text, name);
		if (name < length && (!copy || redact_is_secret(copy)))
			fprintf(out, "%.*s=%s", (int)name, text, removed);
		else
			fprintf(out, "%.*s", (int)length, text);
		if (text[length] == ';')
			fputc(';', out);
	}
}

/* Returns the text without secrets, which the caller owns, or NULL without memory. */
static char *text_redacted(const char *text)
{
	struct failure no_json = { 0 };
	OWNED(json_release)
	cJSON *json = text[strspn(text, " \t\r\n")] == '{'
	                      ? json_parse(text, strlen(text), "it", &no_json)
	                      : NULL;
	char *fresh = NULL;
	size_t size;

	if (json)
		return redact(json) ? json_text(json) : NULL;
	FILE *out = open_memstream(&fresh, &size);
	if (!out)
		return NULL;
	pairs_write(text, out);
	if (fclose(out) != 0)
		text_release(&fresh);
	return fresh;
}

static bool string_redact(cJSON *node)
{
	OWNED(text_release) char *fresh = text_redacted(node->valuestring);

	return fresh && cJSON_SetValuestring(node, fresh);
}

/* The tree may be as deep as json_parse() allows. */
bool redact(cJSON *json)
{
	if (cJSON_IsString(json))
		return string_redact(json);
	for (cJSON *member = json->child, *next; member; member = next) {
		next = member->next;
		if (!member->string || !redact_is_secret(member->string)) {
			if (!redact(member))
				return false;
			continue;
		}
		cJSON *fresh = cJSON_CreateString(removed);
		if (!fresh || !(fresh->string = strdup(member->string)) ||
		    !cJSON_ReplaceItemViaPointer(json, member, fresh)) {
			cJSON_Delete(fresh);
			return false;
		}
	}
	return true;
}
