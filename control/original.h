/* SPDX-License-Identifier: Apache-2.0 */
/* The file of another program whose name podtap takes: it stays as NAME.before-podtap. */
#ifndef CONTROL_ORIGINAL_H
#define CONTROL_ORIGINAL_H

#include "base/failure.h"
#include "base/owned.h"

#include <stdbool.h>

/* What the name of a kept file ends with. */
#define ORIGINAL_KEPT ".before-podtap"

/* Give NAME its second name, and print whose file it is. It stays under the first, too, for the
 * caller to rename over. A different file that was kept before becomes NAME.before-podtap.1, or the
 * next number: nothing is lost. Returns 0 or -1. */
int original_keep(int directory, const char *path, const char *name, struct failure *f) MUST_CHECK;

/* Rename the kept file to NAME, over what is there. If NAME is another program's (`foreign`), it
 * stays, and a second name of the same file is removed. Prints what it does. Returns 1; 0 if no
 * file was kept; or -1. */
int original_restore(int directory, const char *path, const char *name, bool foreign,
                     struct failure *f) MUST_CHECK;

#endif
