/* SPDX-License-Identifier: Apache-2.0 */
/* What a monitoring system asks of this node, in the text format of Prometheus. */
#ifndef EXPOSE_METRICS_METRICS_H
#define EXPOSE_METRICS_METRICS_H

#include "base/failure.h"
#include "base/owned.h"

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* Make the text. Returns it, which the caller owns, and its length; or NULL. */
char *metrics_text(size_t *length, struct failure *f) MUST_CHECK;

/* The addresses of a network of podtap-ipam. */
struct usage {
	char *network; /* owned */
	double size;   /* what its ranges may give */
	uint64_t used; /* the reservations */
};

struct usages {
	struct usage *usage; /* owned */
	size_t n;
};

struct endpoint;

void usages_release(struct usages *all);

/* Add the network of an endpoint, unless it is there or has no ranges of podtap-ipam. Its record
 * names the configuration. Returns 0, or -1 without memory. */
int usages_add(struct usages *all, const struct endpoint *e) MUST_CHECK;

/* Print the metrics of the cluster's pools, if this node has one. Returns 0 or -1. */
int pools_print(FILE *out, struct failure *f) MUST_CHECK;

#endif
