/* SPDX-License-Identifier: Apache-2.0 */
/* Stale entries of a program at a master: no record names them. An ADD that was killed leaves none,
 * because its record names the entry before it exists; a podtap that knows no entries, or a record
 * that was deleted by hand, does. */
#ifndef PLUGIN_HOST_SWEEP_H
#define PLUGIN_HOST_SWEEP_H

#include "netns/link.h"
#include "plugin/host_programs.h"

/* Remove the entries of a master that no record names and whose MAC address no link on the master
 * has, which is up. Then remove the program if nothing is left. Safe beside an ADD: it adds an
 * entry under the state's lock, after its record. Needs PRIVILEGE_OPENING. Returns how many were
 * removed, or -1. */
int host_sweep(const struct host_program *program, struct rtnl *host, const struct link *master,
               struct failure *f) MUST_CHECK;

#endif
