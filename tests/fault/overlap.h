/* SPDX-License-Identifier: Apache-2.0 */
/* Two calls for one attachment side by side, as a runtime makes them that was killed and restarted:
 * the first is held up before each of its system calls in turn, while the second runs to its end,
 * or until it waits for the first. */
#ifndef TESTS_FAULT_OVERLAP_H
#define TESTS_FAULT_OVERLAP_H

#include "tests/fault/scenario.h"

/* Plays one pair of verbs, such as "ADD+DEL". With `full` at every call of the first, else at some.
 * Returns how many promises were broken, -1 where it is no pair that is played; each was said. */
int overlap_run(struct stage *s, const char *pair, bool full);

#endif
