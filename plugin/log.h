/* SPDX-License-Identifier: Apache-2.0 */
/* The operator's log: one line for each call and one for each failure, appended to the
 * configuration's logFile; and each failure in the host's log. */
#ifndef PLUGIN_LOG_H
#define PLUGIN_LOG_H

#include "cni/request.h"

/* Count a call, send a failure to the journal or to syslog, and write the lines that logLevel
 * selects. If the log cannot be written, report that on stderr and continue. */
void log_call(const char *verb, const struct request *r, const struct failure *f);

/* Write a warning about a call that continues to stderr, and to the log at every level. */
void log_warning(const char *verb, const struct request *r, const char *text);

#endif
