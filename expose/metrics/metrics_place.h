/* SPDX-License-Identifier: Apache-2.0 */
/* Where metrics are served: a unix socket, or an IP address and a port. */
#ifndef EXPOSE_METRICS_METRICS_PLACE_H
#define EXPOSE_METRICS_METRICS_PLACE_H

#include "base/failure.h"
#include "base/owned.h"

#include <netinet/in.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <sys/un.h>

struct metrics_place {
	const char *text; /* as it was given; borrowed */
	union {
		struct sockaddr any;
		struct sockaddr_un local;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	} at;
	socklen_t size;
};

/* What metrics_place_read() takes, for a message. */
#define METRICS_PLACE_WANTED "it must be unix:PATH, IP:PORT or [IPV6]:PORT, with numbers"

/* Read "unix:PATH", "IP:PORT" or "[IPV6]:PORT". Returns whether it is one of these. */
bool metrics_place_read(struct metrics_place *p, const char *text) MUST_CHECK;

/* Listen there. A socket of a path has mode 0600, and takes the place of one at which nobody
 * listens any more. Returns a descriptor that does not block, which the caller owns, or -1. */
int metrics_place_listen(const struct metrics_place *p, struct failure *f) MUST_CHECK;

#endif
