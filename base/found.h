/* SPDX-License-Identifier: Apache-2.0 */
/* The result of a search that can fail. */
#ifndef BASE_FOUND_H
#define BASE_FOUND_H

/* FOUND_FAILED is below 0, so a caller that returns 0 or -1 can pass it on. `return fail(...)`
 * returns FOUND_FAILED. */
enum found {
	FOUND_FAILED = -1, /* `struct failure` or errno describes the error */
	FOUND_NONE = 0,    /* the search was complete and without a match */
	FOUND = 1,
};

#endif
