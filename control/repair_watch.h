/* SPDX-License-Identifier: Apache-2.0 */
/* Repairing endpoints whenever their master is back. */
#ifndef CONTROL_REPAIR_WATCH_H
#define CONTROL_REPAIR_WATCH_H

#include "base/failure.h"
#include "base/owned.h"

/* Repair all endpoints now, and those of a master when an interface with its name appears or
 * changes, as long as some are broken. Masters are those of the process's namespace. Returns only
 * after a failure: -1. */
int repair_watch(struct failure *f) MUST_CHECK;

#endif
