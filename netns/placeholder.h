/* SPDX-License-Identifier: Apache-2.0 */
/* Links that keep macvtap minors in use for a moment, so that the next link gets another minor. A
 * child process has them in its namespace. They end with it, also if this process is killed. */
#ifndef NETNS_PLACEHOLDER_H
#define NETNS_PLACEHOLDER_H

#include "base/failure.h"
#include "base/owned.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct placeholders {
	pid_t child; /* 0: not started */
	int to_child;
};

#define PLACEHOLDERS_NONE ((struct placeholders){ 0, -1 })

/* End the child. */
void placeholders_release(struct placeholders *p);

/* Create links in the child. Their interface indices count up from `index`, which is unique on the
 * host. They get the lowest free minors. Returns false, with errno, if that fails: user namespaces
 * may be forbidden. */
bool placeholders_add(struct placeholders *p, uint32_t index, unsigned n);

#endif
