/* SPDX-License-Identifier: Apache-2.0 */
/* Examining one endpoint by its record: whether the kernel and the node have all that it needs. */
#ifndef CONTROL_EXAMINE_H
#define CONTROL_EXAMINE_H

#include "control/findings.h"
#include "control/node.h"
#include "control/tap_users.h"
#include "plugin/compare.h"
#include "record/verify.h"

/* What examining many endpoints needs once. */
struct examiner {
	struct verifier verifier;
	struct tap_users users;
	const struct node *node; /* borrowed */
	struct findings *findings;
};

#define EXAMINER_CLOSED                     \
	{                                   \
		.verifier = VERIFIER_CLOSED \
	}

void examiner_release(struct examiner *x);

/* Open what is needed. The caller set x->node and x->findings, and releases x in any case. Returns
 * 0 or -1. */
int examiner_open(struct examiner *x, struct failure *f) MUST_CHECK;

/* Add the findings of an endpoint, or that its record cannot be read (`error`, else NULL). An
 * endpoint that is as it should be gets one finding of level ok. The cost does not depend on the
 * number of endpoints or reservations. */
void examine(struct examiner *x, const struct endpoint *e, const struct failure *error);

/* Examine the endpoints of a container (NULL: all) and of an interface (NULL: all), and print the
 * findings. Returns the exit code, or -1, also if there is no such endpoint. */
int check_write(const struct node *node, const char *container_id, const char *ifname,
                enum output form, FILE *out, struct failure *f) MUST_CHECK;

/* One endpoint that is examined, and its link as it is. */
struct examination {
	struct examiner *examiner;
	const struct endpoint *endpoint;
	struct sandbox sandbox;
	struct comparison comparison;
};

/* The parts. They return 0, or -1 with the failure of what could not be examined. */
int examine_master(struct examination *x, struct failure *f) MUST_CHECK;
int examine_tap(struct examination *x, struct failure *f) MUST_CHECK;
int examine_exposure(struct examination *x, struct failure *f) MUST_CHECK;
int examine_addresses(struct examination *x, struct failure *f) MUST_CHECK;

/* Add the findings of an endpoint's reservations alone. Needs no link. */
int examine_reservations(struct findings *l, const struct endpoint *e,
                         struct failure *f) MUST_CHECK;

#endif
