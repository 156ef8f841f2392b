/* SPDX-License-Identifier: Apache-2.0 */
/* An errno in words, the same with every libc. */
#ifndef BASE_ERRNO_TEXT_H
#define BASE_ERRNO_TEXT_H

/* Find the words for an errno. Returns the English words of glibc, with every libc. The text is
 * constant or the libc's: nobody frees it. */
const char *errno_text(int err);

#endif
