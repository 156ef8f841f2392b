/* SPDX-License-Identifier: Apache-2.0 */
/* Times as text. */
#ifndef BASE_UTC_H
#define BASE_UTC_H

#include <time.h>

enum { UTC_TEXT = 32 };

/* Writes a time since 1970 as RFC 3339 in UTC, to the second, and returns the buffer. The C
 * library's own conversions read the time zone's file first, also gmtime_r(). */
const char *utc_text(time_t when, char text[static UTC_TEXT]);
const char *utc_now(char text[static UTC_TEXT]);

#endif
