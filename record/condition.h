/* SPDX-License-Identifier: Apache-2.0 */
/* Whether an endpoint on record is alive, as list and metrics say it. */
#ifndef RECORD_CONDITION_H
#define RECORD_CONDITION_H

#include "record/verify.h"

enum condition { UNKNOWN = -1, ALIVE, STALE };

/* Returns the word for a condition. */
const char *condition_name(enum condition c);

/* Verify an endpoint with the kernel; `error` is what a visit of records said of it. If it is not
 * alive, *why is the reason. *now is its link, with index 0 if it was not found. Without a verifier
 * (NULL) it is unknown, for the reason *unverified. */
enum condition condition_of(const struct verifier *verifier, const struct failure *unverified,
                            const struct endpoint *e, const struct failure *error, struct link *now,
                            struct failure *why);

#endif
