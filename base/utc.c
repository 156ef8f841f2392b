/* SPDX-License-Identifier: Apache-2.0 */
/* Formatting the time. */
#include "base/utc.h"

#include <stdbool.h>
#include <stdio.h>

static bool is_leap(unsigned year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static unsigned year_days(unsigned year)
{
	return is_leap(year) ? 366 : 365;
}

/* Months begin at 0. */
static unsigned month_days(unsigned year, unsigned month)
{
	static const unsigned char days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	return days[month] + (month == 1 && is_leap(year));
}

const char *utc_now(char text[static UTC_TEXT])
{
	struct timespec now = { 0 };

	clock_gettime(CLOCK_REALTIME, &now);
	return utc_text(now.tv_sec, text);
}

const char *utc_text(time_t when, char text[static UTC_TEXT])
{
	const unsigned second = (unsigned)(when % 86400);
	unsigned day = (unsigned)(when / 86400), year = 1970, month = 0;

	for (; day >= year_days(year); year++)
		day -= year_days(year);
	for (; day >= month_days(year, month); month++)
		day -= month_days(year, month);
	snprintf(text, UTC_TEXT, "%04u-%02u-%02uT%02u:%02u:%02uZ", year, month + 1, day + 1,
	         second / 3600, second / 60 % 60, second % 60);
	return text;
}
