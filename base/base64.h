/* SPDX-License-Identifier: Apache-2.0 */
/* Base64 of RFC 4648, with padding. */
#ifndef BASE_BASE64_H
#define BASE_BASE64_H

#include "base/owned.h"

#include <stddef.h>

/* Returns the text, which the caller owns, or NULL if memory is short. */
char *base64_encode(const void *bytes, size_t n) MUST_CHECK;

/* Decode a text of at most `max` bytes of content. Line breaks in it are ignored. Returns the
 * bytes, which the caller owns, with a NUL behind them, or NULL with errno. EBADMSG: it is not
 * base64. EFBIG: it is too long. */
char *base64_decode(const char *text, size_t max, size_t *n) MUST_CHECK;

#endif
