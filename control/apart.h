/* SPDX-License-Identifier: Apache-2.0 */
/* Work in a process of its own: a verb of the plugin gives privileges up, and sets the environment,
 * and the next one needs them as they were. */
#ifndef CONTROL_APART_H
#define CONTROL_APART_H

#include "base/failure.h"
#include "base/owned.h"

/* Run `work` in a child process, and wait for it. The child ends when the parent does. Returns what
 * work() returned, with its failure; or -1. */
int apart_run(int (*work)(void *data, struct failure *f), void *data, struct failure *f) MUST_CHECK;

#endif
