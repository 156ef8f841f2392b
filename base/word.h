/* SPDX-License-Identifier: Apache-2.0 */
/* Words with a fixed meaning. The table is also the message that lists the valid words. */
#ifndef BASE_WORD_H
#define BASE_WORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct word { /* the last row of a table has no text */
	const char *text;
	uint32_t value;
};

/* Find the value of a word by exact match. Returns false, with *value untouched, for an unknown
 * word. */
bool word_find(const struct word *words, const char *text, uint32_t *value);

/* Returns the word for a value, or NULL if the table does not have the value. */
const char *word_text(const struct word *words, uint32_t value);

/* Append `before` and a word to a text. Cuts both to the buffer of that size. */
void word_add(char *text, size_t size, const char *before, const char *word);

/* Write a description of the valid words: "it must be one of: a, b, c" if `begin` is "it must be
 * one of". Cuts the text to the buffer. Returns the buffer. */
const char *word_wanted(const struct word *words, const char *begin, char *text, size_t size);

#endif
