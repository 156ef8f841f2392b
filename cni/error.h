/* SPDX-License-Identifier: Apache-2.0 */
/* The CNI error object: writing a failure as one, and reading one as a failure. */
#ifndef CNI_ERROR_H
#define CNI_ERROR_H

#include "base/failure.h"
#include "base/owned.h"

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>

/* Write the error object of a failure (specification 1.1.0, "Error"). The caller owns it. Returns
 * NULL without memory. */
cJSON *error_write(const struct failure *f, const char *version);

/* Record another plugin's error object as our failure, unchanged. An invalid code becomes
 * CNI_OTHER. Returns false, and records nothing, if the text is not an error object. */
bool error_read(const char *text, size_t length, struct failure *f);

#endif
