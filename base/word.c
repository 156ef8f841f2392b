/* SPDX-License-Identifier: Apache-2.0 */
/* Finding a value by its word, and a word by its value. */
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

void word_add(char *text, size_t size, const char *before, const char *word)
{
	const size_t used = strlen(text);

	snprintf(text + used, size - used, "%s%s", before, word);
}

const char *word_wanted(const struct word *words, const char *begin, char *text, size_t size)
{
	snprintf(text, size, "%s", begin);
	for (const struct word *w = words; w->text; w++)
		word_add(text, size, w == words ? ": " : ", ", w->text);
	return text;
}
