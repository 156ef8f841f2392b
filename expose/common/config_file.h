/* SPDX-License-Identifier: Apache-2.0 */
/* The configuration file of a long-running program. */
#ifndef EXPOSE_COMMON_CONFIG_FILE_H
#define EXPOSE_COMMON_CONFIG_FILE_H

#include "base/failure.h"
#include "base/owned.h"

#include <stddef.h>

/* Read the text, of at most 1 MiB. Follow a link: a ConfigMap mounts one. Returns the text, which
 * the caller frees, or NULL with the failure. */
char *config_file_read(const char *path, size_t *length, struct failure *f) MUST_CHECK;

#endif
