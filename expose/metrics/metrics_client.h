/* SPDX-License-Identifier: Apache-2.0 */
/* One connection of a scraper: it sends a request's head, and takes one answer. Nothing here waits.
 */
#ifndef EXPOSE_METRICS_METRICS_CLIENT_H
#define EXPOSE_METRICS_METRICS_CLIENT_H

#include "base/owned.h"

#include <stdbool.h>
#include <stddef.h>

enum { CLIENT_HEAD_MAX = 4096 }; /* bytes */

struct client {
	int fd; /* -1: the place is free */
	char head[CLIENT_HEAD_MAX];
	size_t have;
	char *answer; /* owned; NULL: not yet */
	size_t length;
	size_t sent;
};

void client_release(struct client *c);

enum asked {
	ASKED_NOTHING = -1, /* the connection has ended, or its head is too long */
	ASKED_PARTLY,
	ASKED_METRICS,
	ASKED_OTHER,
};

/* Read what has come of the head. */
enum asked client_read(struct client *c) MUST_CHECK;

/* Set the answer. Returns false without memory. */
bool client_answer(struct client *c, const char *status, const char *body,
                   size_t length) MUST_CHECK;

/* Send what the peer takes of the answer. Returns whether more is left. */
bool client_send(struct client *c) MUST_CHECK;

#endif
