/* SPDX-License-Identifier: Apache-2.0 */
/* Serving the metrics by HTTP. */
#ifndef EXPOSE_METRICS_METRICS_SERVE_H
#define EXPOSE_METRICS_METRICS_SERVE_H

#include "expose/metrics/metrics_place.h"

struct metrics_want {
	struct metrics_place place;
	/* Try again every two seconds while the place is another's or not there yet, and log the
	 * first reason. Otherwise that is a failure. */
	bool patient;
	int parent; /* borrowed; serve until it is readable; -1: forever */
};

/* Answer `GET /metrics` at a place. 64 connections may be open at once; others wait. Each has 5
 * seconds to send its request, and then 40 to take the answer. One process at a time collects, for
 * 30 seconds at most; its answer also goes to those who ask within the next second, or within nine
 * times the processor time that it took. So scrapers take a tenth of one processor at most. The
 * caller ignores SIGPIPE. Returns 0 when the parent has ended, or -1. */
int metrics_serve(const struct metrics_want *want, struct failure *f) MUST_CHECK;

#endif
