/* SPDX-License-Identifier: Apache-2.0 */
/* The answer of a function that looks for something and can fail. */
#ifndef BASE_FOUND_H
#define BASE_FOUND_H

/* The values allow `< 0` for an error, so that FOUND_FAILED passes through a caller that returns 0
 * or -1. `return fail(...)` returns FOUND_FAILED. */
enum found {
	FOUND_FAILED = -1, /* the error is described in `struct failure`, or in errno */
	FOUND_NONE = 0,    /* the search was complete and found nothing */
	FOUND = 1,
};

#endif
