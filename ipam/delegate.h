/* SPDX-License-Identifier: Apache-2.0 */
/* Running another plugin's executable, as the specification's section on delegation asks. */
#ifndef IPAM_DELEGATE_H
#define IPAM_DELEGATE_H

#include "base/failure.h"
#include "base/owned.h"

#include <limits.h>
#include <stddef.h>
#include <stdint.h>

enum { DELEGATE_OUTPUT_MAX = 1 << 20 }; /* bytes of stdout we keep; more is a failure */

struct delegate_call {
	const char *path;    /* CNI_PATH */
	const char *type;    /* the executable's name */
	const char *command; /* CNI_COMMAND for it */
	const char *stdin_text;
	size_t stdin_length;
	uint32_t seconds; /* how long it may take */
	/* Variables that replace inherited ones, "NAME=value", NULL-terminated; NULL: none. */
	const char *const *environment;
};

/* The delegate's path: in the first directory of CNI_PATH that holds a regular file of that name,
 * as the reference library looks; whether it can be executed shows when it is. Not found:
 * CNI_CONFIG naming type and path. */
int delegate_find(const struct delegate_call *call, char path[static PATH_MAX],
                  struct failure *f) MUST_CHECK;

/* Runs the delegate in our directory and network namespace, with our environment, until it ends.
 * Its stdout is the caller's to free (NUL-terminated, may be empty); its stderr goes on to ours. It
 * does not outlive us. An error object that it printed becomes our failure unchanged; a failure
 * without one is CNI_OTHER with what it printed on both. One that takes too long is killed: that is
 * CNI_AGAIN. Not found in CNI_PATH: CNI_CONFIG naming type and path. */
char *delegate_run(const struct delegate_call *call, struct failure *f) MUST_CHECK;

#endif
