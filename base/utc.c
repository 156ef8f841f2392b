/* SPDX-License-Identifier: Apache-2.0 */
/* Formatting the time. */
#include "base/utc.h"

#include "base/clock.h"

#include <stdbool.h>

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
	return utc_text(clock_read(CLOCK_REALTIME).tv_sec, text);
}

/* Writes the last digits of a number. Returns where they end. */
static char *digits_put(char *to, unsigned number, size_t digits)
{
	for (size_t i = digits; i > 0; number /= 10)
		to[--i] = (char)('0' + number % 10);
	return to + digits;
}

const char *utc_text(time_t when, char text[static UTC_TEXT])
{
	const unsigned second = (unsigned)(when % 86400);
	unsigned day = (unsigned)(when / 86400), year = 1970, month = 0;

	for (; day >= year_days(year); year++)
		day -= year_days(year);
	for (; day >= month_days(year, month); month++)
		day -= month_days(year, month);
	const struct {
		unsigned number, digits;
		char after;
	} parts[] = {
		{ year, 4, '-' },          { month + 1, 2, '-' },        { day + 1, 2, 'T' },
		{ second / 3600, 2, ':' }, { second / 60 % 60, 2, ':' }, { second % 60, 2, 'Z' },
	};
	char *to = text;
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
		to = digits_put(to, parts[i].number, parts[i].digits);
		*to++ = parts[i].after;
	}
	*to = '\0';
	return text;
}
