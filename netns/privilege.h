/* SPDX-License-Identifier: Apache-2.0 */
/* Giving up what a call does not need. */
#ifndef NETNS_PRIVILEGE_H
#define NETNS_PRIVILEGE_H

#include "base/failure.h"
#include "base/owned.h"

/* Stages of a call; each keeps less than the one before. */
enum privilege {
	PRIVILEGE_OPENING, /* namespaces are still to be opened */
	PRIVILEGE_WORKING, /* all sockets and namespaces are open */
};

/* Keeps a stage's capabilities, as effective and permitted, of those we have. The bounding set and
 * no_new_privs stay as they are: a delegate, executed as root, has what the runtime gave us. */
int privilege_keep(enum privilege stage, struct failure *f) MUST_CHECK;

#endif
