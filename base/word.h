/* SPDX-License-Identifier: Apache-2.0 */
/* Words with a fixed meaning: the table is also the message that lists what would be right. */
#ifndef BASE_WORD_H
#define BASE_WORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct word { /* tables end with a row without text */
	const char *text;
	uint32_t value;
};

/* Exact match. False: *value is untouched. */
bool word_find(const struct word *words, const char *text, uint32_t *value);

/* The word for a value; NULL where there is none. */
const char *word_text(const struct word *words, uint32_t value);

/* Append a word, and what stands before it, to a text; both are cut to the buffer of that size. */
void word_add(char *text, size_t size, const char *before, const char *word);

/* Write what is wanted: "it must be one of: a, b, c" for the beginning "it must be one of", cut to
 * the buffer. Returns the buffer. */
const char *word_wanted(const struct word *words, const char *begin, char *text, size_t size);

#endif
