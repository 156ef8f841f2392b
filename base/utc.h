/* SPDX-License-Identifier: Apache-2.0 */
/* Times as text. */
#ifndef BASE_UTC_H
#define BASE_UTC_H

#include <time.h>

enum { UTC_TEXT = 32 };

/* Write a time, in seconds since 1970, in UTC as RFC 3339, to the second. Returns the buffer. The
 * conversions of the C library first read the file of the time zone; even gmtime_r() does. */
const char *utc_text(time_t when, char text[static UTC_TEXT]);
const char *utc_now(char text[static UTC_TEXT]);

#endif
