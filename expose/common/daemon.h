/* SPDX-License-Identifier: Apache-2.0 */
/* What the long-running programs share: a log, signals as a descriptor, and patience with a peer
 * that is not there. */
#ifndef EXPOSE_COMMON_DAEMON_H
#define EXPOSE_COMMON_DAEMON_H

#include "base/failure.h"
#include "base/owned.h"

#include <limits.h>
#include <stdbool.h>

/* Says one event in one line on stderr, whatever its texts hold; what keeps the log adds the time.
 */
void log_event(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_failure(const struct failure *f);

/* From here on SIGTERM and SIGINT are read from a descriptor, the caller's, instead of ending the
 * process, and SIGPIPE does nothing. They also interrupt what is waited for just then, and where
 * the descriptor is not looked at within half a second the process ends, with 0. */
int signals_open(struct failure *f) MUST_CHECK;

/* Has the kernel give memory in small pages, where it would otherwise make a message of a few bytes
 * 2 MiB resident. Not being able to is no reason to stop. */
void memory_in_small_pages(void);

/* When to try again: the first time after a tenth of a second, and after each further failure twice
 * as late, half a minute at the most. */
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
void backoff_pause(struct backoff *b, unsigned milliseconds); /* sets it for no failure's sake */
void backoff_stop(struct backoff *b);                         /* it is not needed now */
void backoff_reset(struct backoff *b); /* an attempt succeeded: no timer, and early again */

/* Changes at a path in a folder that may itself still be missing: the nearest folder there is, is
 * watched. */
struct await {
	int fd; /* readable when something happened there */
	int watch;
	char path[PATH_MAX];
};
#define AWAIT_CLOSED     \
	{                \
		.fd = -1 \
	}
int await_open(struct await *a, const char *path, struct failure *f) MUST_CHECK;
void await_release(struct await *a);

/* Whether anything is watched: where not, only time tells. */
static inline bool await_works(const struct await *a)
{
	return a->watch >= 0;
}

/* Takes what has happened off the descriptor and watches the nearest folder anew: to be called when
 * the descriptor is readable, before looking at the path. */
void await_renew(struct await *a);

#endif
