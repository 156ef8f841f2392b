/* SPDX-License-Identifier: Apache-2.0 */
/* What podtap's objects leave behind that have no record any more: CDI devices, interface indices,
 * links from device numbers, and entries of hostAccess and antispoof. */
#ifndef CONTROL_LEFTOVERS_H
#define CONTROL_LEFTOVERS_H

#include "base/failure.h"
#include "base/owned.h"

#include <stdbool.h>

/* Print a line on stdout for everything that is left behind, and remove it if `remove` is set. *n
 * is how much there was. A CDI device stays while its tap's node exists, even if nothing records
 * it. While a record cannot be read, what it may name stays. Returns 0, or -1 after it tried
 * all. */
int leftovers_sweep(bool remove, size_t *n, struct failure *f) MUST_CHECK;

#endif
