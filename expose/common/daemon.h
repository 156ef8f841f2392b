/* SPDX-License-Identifier: Apache-2.0 */
/* What the long-running programs share: a log, signals as a descriptor, and waiting for a missing
 * peer. */
#ifndef EXPOSE_COMMON_DAEMON_H
#define EXPOSE_COMMON_DAEMON_H

#include "base/failure.h"
#include "base/owned.h"

#include <limits.h>
#include <stdbool.h>

/* Writes an event to stderr as one line, which is cut at 4 KiB. Control characters become spaces.
 * The service manager adds the time. Never waits: while the log is full, because nobody reads it,
 * events are lost. */
void log_event(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_failure(const struct failure *f);
/* Writes text as it is, in the same way. Signal handlers may call it. */
void log_write(const char *text, size_t length);

/* Makes SIGTERM and SIGINT readable from a descriptor, and ignores SIGPIPE. SIGTERM and SIGINT also
 * interrupt a blocking system call. If the process still runs half a second later, it exits with 0.
 * Returns the descriptor, which the caller owns, or -1. */
int signals_open(struct failure *f) MUST_CHECK;

/* Turns huge pages off: with them, a message of a few bytes can make 2 MiB resident. Logs a
 * failure.
 */
void memory_in_small_pages(void);

/* The time between attempts: a tenth of a second at first, twice as long after each further
 * failure, at most half a minute. */
struct backoff {
	int fd; /* readable when it is time */
	unsigned wait;
};
#define BACKOFF_CLOSED   \
	{                \
		.fd = -1 \
	}
int backoff_open(struct backoff *b, struct failure *f) MUST_CHECK;
void backoff_release(struct backoff *b);
void backoff_start(struct backoff *b); /* sets the timer for the next attempt */
void backoff_pause(struct backoff *b, unsigned milliseconds); /* sets it without a failure */
void backoff_stop(struct backoff *b);                         /* clears the timer */
void backoff_reset(struct backoff *b); /* an attempt succeeded: clears the timer and the wait */

/* Waits for changes at a path. Its directory need not exist: the nearest existing directory above
 * is watched. */
struct await {
	int fd; /* readable after a change */
	int watch;
	char path[PATH_MAX];
};
#define AWAIT_CLOSED     \
	{                \
		.fd = -1 \
	}
int await_open(struct await *a, const char *path, struct failure *f) MUST_CHECK;
void await_release(struct await *a);

/* Returns whether a directory is watched. If not, only a timer helps. */
static inline bool await_works(const struct await *a)
{
	return a->watch >= 0;
}

/* Reads all changes from the descriptor, and watches the directory that is now the nearest. Call it
 * when the descriptor is readable, before you look at the path. */
void await_renew(struct await *a);

#endif
