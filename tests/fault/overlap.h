/* SPDX-License-Identifier: Apache-2.0 */
/* Two overlapping calls for one attachment, as a killed and restarted runtime makes them: the first
 * is held before each of its system calls in turn, while the second runs to its end, or until it
 * waits for the first. */
#ifndef TESTS_FAULT_OVERLAP_H
#define TESTS_FAULT_OVERLAP_H

#include "tests/fault/scenario.h"

/* Plays one pair of verbs, such as "ADD+DEL". With `full` at every call of the first, else at some.
 * Returns the number of broken promises, each of which it printed; -1 for an unknown pair. */
int overlap_run(struct stage *s, const char *pair, bool full);

#endif
