/* SPDX-License-Identifier: Apache-2.0 */
/* How often each verb was called and failed, and how long it took: a small file in the state
 * directory that all calls share in memory. Nothing is counted until something that reads the
 * counters has made the file. */
#ifndef RECORD_COUNTERS_H
#define RECORD_COUNTERS_H

#include "base/failure.h"
#include "base/owned.h"

#include <stdint.h>

enum { COUNTED_VERBS = 5, COUNTED_CODES = 12, COUNTED_TIMES = 12 };

extern const char *const counted_verbs[COUNTED_VERBS];
/* The codes that have a counter of their own; the last, 0, stands for all others. */
extern const int counted_codes[COUNTED_CODES];
/* The upper ends of the classes of time, in microseconds; the last, 0, has none. */
extern const uint32_t counted_times[COUNTED_TIMES];

struct counters {
	uint32_t version;
	uint32_t size; /* of this struct: another is another generation's */
	struct verb_counters {
		uint64_t microseconds; /* of all calls together */
		uint64_t failed[COUNTED_CODES];
		uint64_t took[COUNTED_TIMES]; /* every call is in exactly one class */
	} verb[COUNTED_VERBS];
};

/* Count a call that took this time and failed with this code (0: it did not fail). An unknown verb
 * is not counted. A file that is missing or not valid counts nothing; that is no failure. */
void counters_add(const char *verb, int code, int64_t microseconds);

/* Read the counters, and make the file if it is missing or of another generation. Returns 0 or
 * -1. */
int counters_read(struct counters *c, struct failure *f) MUST_CHECK;

#endif
