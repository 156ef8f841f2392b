/* SPDX-License-Identifier: Apache-2.0 */
/* The subcommands of netavark's plugin API, one file each, or one for both of a pair. */
#ifndef NETAVARK_COMMANDS_H
#define NETAVARK_COMMANDS_H

#include "netavark/call.h"

/* Check a new network, complete it, and print it. Returns 0, or -1 with the reason. */
int command_create(struct call *c, const char *netns, struct failure *f);

/* Make the endpoint of a container, and print netavark's status block. Returns 0, or -1: then
 * nothing is left. */
int command_setup(struct call *c, const char *netns, struct failure *f);

/* Remove the endpoint of a container. Succeeds if nothing is left of it. Returns 0 or -1. */
int command_teardown(struct call *c, const char *netns, struct failure *f);

#endif
