/* SPDX-License-Identifier: Apache-2.0 */
/* Reading clocks. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* Read a clock by the system call. A process that reads clocks a few times spends less on it than
 * on finding the function of the vDSO, which touches two more pages. */
static inline struct timespec clock_read(clockid_t clock)
{
#ifdef FUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION /* a fuzz target has a clock of its own */
	struct timespec now = { 0, 0 };

	clock_gettime(clock, &now);
	return now;
#else
	long now[2] = { 0, 0 }; /* seconds, nanoseconds */

	syscall(SYS_clock_gettime, clock, now);
	return (struct timespec){ .tv_sec = now[0], .tv_nsec = now[1] };
#endif
}

/* Returns microseconds of a monotonic clock, which nobody can set. */
static inline int64_t clock_microseconds(void)
{
	const struct timespec now = clock_read(CLOCK_MONOTONIC);

	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* The same in milliseconds, for deadlines. */
static inline int64_t clock_milliseconds(void)
{
	return clock_microseconds() / 1000;
}

#endif
