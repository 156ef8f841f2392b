/* SPDX-License-Identifier: Apache-2.0 */
/* What the measuring programs share: their clock, and how they end when they cannot measure. */
#ifndef TESTS_BENCH_H
#define TESTS_BENCH_H

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* Returns the microseconds of a monotonic clock. */
static inline double now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

/* Says what failed, and errno's text, on stderr. */
static inline _Noreturn void stop(const char *what)
{
	perror(what);
	exit(1);
}

#endif
