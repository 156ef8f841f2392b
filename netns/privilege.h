/* SPDX-License-Identifier: Apache-2.0 */
/* Giving up what a call does not need. */
#ifndef NETNS_PRIVILEGE_H
#define NETNS_PRIVILEGE_H

#include "base/failure.h"
#include "base/owned.h"

#include <stdbool.h>

/* Stages of a call; each keeps less than the one before. */
enum privilege {
	PRIVILEGE_OPENING, /* namespaces are still to be opened */
	PRIVILEGE_WORKING, /* all sockets and namespaces are open */
};

/* Keeps a stage's capabilities, as effective and permitted, of those we have. The bounding set and
 * no_new_privs stay as they are: a delegate, executed as root, has what the runtime gave us. Where
 * `delegates` are still to be executed all others stay permitted too: the kernel kills a process
 * when its parent dies only if it did not gain capabilities since it asked for that. */
int privilege_keep(enum privilege stage, bool delegates, struct failure *f) MUST_CHECK;

#endif
