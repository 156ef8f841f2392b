/* SPDX-License-Identifier: Apache-2.0 */
/* Looking words up, both ways. */
#include "base/word.h"

#include <stdio.h>
#include <string.h>

bool word_find(const struct word *words, const char *text, uint32_t *value)
{
	for (; words->text; words++)
		if (strcmp(words->text, text) == 0) {
			*value = words->value;
			return true;
		}
	return false;
}

const char *word_text(const struct word *words, uint32_t value)
{
	for (; words->text; words++)
		if (words->value == value)
			return words->text;
	return NULL;
}

const char *word_list(const struct word *words, char *text, size_t size)
{
	size_t used = 0;

	text[0] = '\0';
	for (const struct word *w = words; w->text && used < size; w++)
		used += (size_t)snprintf(text + used, size - used, "%s%s", w == words ? "" : ", ",
		                         w->text);
	return text;
}
