/* SPDX-License-Identifier: Apache-2.0 */
/* The present time as text. */
#ifndef PLUGIN_UTC_H
#define PLUGIN_UTC_H

enum { UTC_TEXT = 32 };

/* Writes the time as RFC 3339 in UTC, to the second, and returns the buffer. Unlike strftime() it
 * does not read the time zone's file. */
const char *utc_text(char text[static UTC_TEXT]);

#endif
