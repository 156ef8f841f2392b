/* SPDX-License-Identifier: Apache-2.0 */
/* Which errors are tried on which system calls. */
#ifndef TESTS_FAULT_TABLE_H
#define TESTS_FAULT_TABLE_H

#include "tests/fault/inject.h"

struct error {
	int number;
	const char *name;
	const int *calls; /* ends with -1 */
};

/* Ends with a row without name. */
extern const struct error errors[];

bool error_fits(const struct error *e, const struct call *call);

/* The name of a system call, "?" where the table has none. */
const char *call_name(int call);

#endif
