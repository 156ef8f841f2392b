/* SPDX-License-Identifier: Apache-2.0 */
/* A VM's command line, in which placeholders are replaced by what the VM needs to use its taps. */
#ifndef TOOLS_ARGUMENTS_H
#define TOOLS_ARGUMENTS_H

#include "tools/vnics.h"

struct arguments { /* NULL-terminated for exec, owned */
	char **at;
	size_t n;
};

void arguments_release(struct arguments *a);

/* Expand a command. {fd}, {fds} (comma-separated), {mac}, {mtu} and {ifname} are replaced within
 * any argument. They are for the first interface or, with an index ({mac:1}), for another one.
 * {netdev} and {device} are the values of QEMU's options of that name. An argument with one of them
 * is repeated for each interface, with the option before it. The option is added if it is missing.
 * Other braces stay. `vhost`: {netdev} asks for vhost. Returns 0, or -1 for an index without an
 * interface. The caller releases a in any case. */
int arguments_expand(struct arguments *a, const char *const command[], const struct vnics *v,
                     bool vhost, struct failure *f) MUST_CHECK;

#endif
