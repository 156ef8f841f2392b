/* SPDX-License-Identifier: Apache-2.0 */
/* The operator's log: one line a call and one a failure, appended to the configuration's logFile.
 */
#ifndef PLUGIN_LOG_H
#define PLUGIN_LOG_H

#include "cni/request.h"

/* Writes what logLevel asks for; a log that cannot be written is said on stderr and stops nothing.
 */
void log_call(const char *verb, const struct request *r, const struct failure *f);

/* Write a warning about a call that continues to stderr, and to the log at every level. */
void log_warning(const char *verb, const struct request *r, const char *text);

#endif
