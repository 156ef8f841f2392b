/* SPDX-License-Identifier: Apache-2.0 */
/* JSON is UTF-8, names need not be: making any text printable as JSON. */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

/* Takes a text (NULL: gives NULL) and gives it back where it is UTF-8, else a copy in which U+FFFD
 * stands for every byte that belongs to no character. The caller frees what it gets; NULL when
 * memory is out, the text being freed then too. */
char *utf8_repair(char *text);

#endif
