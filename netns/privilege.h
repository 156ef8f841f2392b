/* SPDX-License-Identifier: Apache-2.0 */
/* Giving up the privileges that a call does not need. */
#ifndef NETNS_PRIVILEGE_H
#define NETNS_PRIVILEGE_H

#include "base/failure.h"
#include "base/owned.h"

#include <stdbool.h>

/* The stages of a call. Each keeps fewer capabilities than the one before. */
enum privilege {
	PRIVILEGE_OPENING, /* the call still has namespaces to open */
	PRIVILEGE_WORKING, /* all sockets and namespaces are open */
};

/* Keep the capabilities of a stage that the process has, as effective and permitted. The bounding
 * set and no_new_privs stay as they are: a delegate, executed as root, has what the runtime gave
 * podtap. If the call still executes `delegates`, all others stay permitted, too: PDEATHSIG kills a
 * process with its parent only if the process gained no capabilities since it asked for that.
 * Returns 0 or -1. */
int privilege_keep(enum privilege stage, bool delegates, struct failure *f) MUST_CHECK;

#endif
