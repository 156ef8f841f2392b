/* SPDX-License-Identifier: Apache-2.0 */
/* The health of a long-running program: it answers on a unix socket of its own whether it is ready,
 * and a probe, which is another process of the same executable, asks it. Nothing is sent unless a
 * probe asks, so an idle program sleeps on. */
#ifndef EXPOSE_COMMON_HEALTH_H
#define EXPOSE_COMMON_HEALTH_H

#include "expose/common/loop.h"

#include <stddef.h>

/* The path of the socket. Unset: the program has none. */
#define HEALTH_VARIABLE "PODTAP_HEALTH_SOCKET"

enum { HEALTH_TEXT = 1024 };

/* A member of the program's own struct. */
struct health {
	struct watch watch;
	/* Returns whether the program is ready. Sets `text` to the reason if it is not, else to
	 * what is worth saying, or leaves it empty. Does not block. */
	bool (*ready)(const void *data, char text[static HEALTH_TEXT]);
	const void *data; /* borrowed */
};
#define HEALTH_CLOSED          \
	{                      \
		.watch.fd = -1 \
	}

/* Makes the socket that $PODTAP_HEALTH_SOCKET names, in place of one that a former process left,
 * and answers in the loop. Only the program's own user may ask. Does nothing where the variable is
 * not set. h->ready and h->data are set. Returns 0, or -1 with the failure. */
int health_open(struct health *h, struct loop *l, struct failure *f) MUST_CHECK;
static inline void health_release(struct health *h)
{
	fd_release(&h->watch.fd);
}

/* Asks the running program, as an exec probe of the kubelet does: `ready` or `live`. A program that
 * answers is live. Prints the answer, a bad one to stderr. Waits no longer than some seconds.
 * Returns the exit code: 0, or 1. The caller has checked the word. */
int health_probe(const char *word) MUST_CHECK;

/* Whether a word is one that health_probe() takes. */
bool health_is_question(const char *word) MUST_CHECK;

#endif
