/* SPDX-License-Identifier: Apache-2.0 */
/* The base of a unit table: named promises, each of which reports its first failure. */
#ifndef TESTS_UNIT_H
#define TESTS_UNIT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

struct verdict {
	char why[1024]; /* the first thing that is wrong; "" when nothing is */
};

struct unit {
	const char *name;
	void (*run)(struct verdict *);
};

#define UNIT(promise)             \
	{                         \
#promise, promise \
	}
#define COUNT_OF(list) (sizeof(list) / sizeof *(list))

__attribute__((format(printf, 3, 4))) static inline void expect(struct verdict *v, bool right,
                                                                const char *fmt, ...)
{
	va_list ap;

	if (right || v->why[0])
		return;
	va_start(ap, fmt);
	vsnprintf(v->why, sizeof v->why, fmt, ap);
	va_end(ap);
}

static inline bool same_text(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

/* Runs them all; the exit status of a unit table. */
static inline int units_run(const struct unit *units, size_t count)
{
	int status = 0;

	for (size_t i = 0; i < count; i++) {
		struct verdict v = { "" };
		units[i].run(&v);
		printf("%s - %s%s%s\n", v.why[0] ? "not ok" : "ok", units[i].name,
		       v.why[0] ? ": " : "", v.why);
		status |= v.why[0] != '\0';
	}
	return status;
}

#endif
