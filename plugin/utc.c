/* SPDX-License-Identifier: Apache-2.0 */
/* Spelling the time. */
#include "plugin/utc.h"

#include <stdio.h>
#include <time.h>

const char *utc_text(char text[static UTC_TEXT])
{
	const time_t now = time(NULL);
	struct tm t = { 0 };

	gmtime_r(&now, &t);
	snprintf(text, UTC_TEXT, "%04u-%02u-%02uT%02u:%02u:%02uZ", (unsigned)t.tm_year + 1900,
	         (unsigned)t.tm_mon + 1, (unsigned)t.tm_mday, (unsigned)t.tm_hour,
	         (unsigned)t.tm_min, (unsigned)t.tm_sec);
	return text;
}
