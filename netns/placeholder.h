/* SPDX-License-Identifier: Apache-2.0 */
/* Links that keep minors of macvtap in use for a moment, so that the next link gets another one.
 * They are in a namespace of a child process, and end with it: however this process ends, none is
 * left. */
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

/* Ends the child. */
void placeholders_release(struct placeholders *p);

/* Has links made, under interface indices from one on that is unique on the host; they get the
 * lowest free minors. False, with errno, where that cannot be: user namespaces may be forbidden. */
bool placeholders_add(struct placeholders *p, uint32_t index, unsigned n);

#endif
