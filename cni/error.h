/* SPDX-License-Identifier: Apache-2.0 */
/* The CNI error object: a failure as one, and one as a failure. */
#ifndef CNI_ERROR_H
#define CNI_ERROR_H

#include "base/failure.h"
#include "base/owned.h"

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>

/* The error object of a failure (specification 1.1.0, "Error"); the caller owns it, NULL without
 * memory. */
cJSON *error_write(const struct failure *f, const char *version);

/* Records another plugin's error object as our failure, unchanged but for a code that is none: that
 * becomes CNI_OTHER. False, with nothing recorded, where the text is no error object. */
bool error_read(const char *text, size_t length, struct failure *f);

#endif
