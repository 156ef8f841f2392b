/* SPDX-License-Identifier: Apache-2.0 */
/* Making any text printable as JSON. JSON is UTF-8; names may have other bytes. */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

/* Make a text valid UTF-8. Takes the text over. Returns the text itself if it is valid, else a copy
 * with U+FFFD for every byte outside a character. The caller frees the result. Returns NULL for
 * NULL. Returns NULL without memory; the text is then freed too. */
char *utf8_repair(char *text);

#endif
