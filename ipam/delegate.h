/* SPDX-License-Identifier: Apache-2.0 */
/* Running another plugin's executable, as the specification requires in its section on
 * delegation. */
#ifndef IPAM_DELEGATE_H
#define IPAM_DELEGATE_H

#include "base/failure.h"
#include "base/owned.h"

#include <limits.h>
#include <stddef.h>
#include <stdint.h>

enum { DELEGATE_OUTPUT_MAX = 1 << 20 }; /* bytes of stdout that we keep; more is a failure */

struct delegate_call {
	const char *path;    /* CNI_PATH */
	const char *type;    /* the name of the executable */
	const char *command; /* the CNI_COMMAND of the delegate */
	const char *stdin_text;
	size_t stdin_length;
	uint32_t seconds; /* the time limit */
	/* Variables "NAME=value" that replace inherited ones, NULL-terminated; NULL: nothing. */
	const char *const *environment;
};

/* Returns the directories with plugins: CNI_PATH, or else those of distributions and of podman. */
const char *delegate_path(void);

/* Find the path of the delegate, as the reference library does: in the first directory of CNI_PATH
 * with a regular file of that name. Does not check whether the file is executable; the execution
 * shows it. Returns 0, or -1 (CNI_CONFIG) if it is not found, with type and path in the message. */
int delegate_find(const struct delegate_call *call, char path[static PATH_MAX],
                  struct failure *f) MUST_CHECK;

/* Run the delegate until it ends, in our directory and network namespace, with our environment. It
 * does not outlive us. Its stderr is passed on to ours. Returns its stdout (NUL-terminated, may be
 * empty), which the caller owns, or NULL on failure. An error object that it printed becomes our
 * failure unchanged. A failure without one is CNI_OTHER, with what it printed on both streams. A
 * delegate that takes too long is killed: CNI_AGAIN. Not found in CNI_PATH: CNI_CONFIG with type
 * and path. */
char *delegate_run(const struct delegate_call *call, struct failure *f) MUST_CHECK;

#endif
