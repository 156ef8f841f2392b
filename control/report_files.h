/* SPDX-License-Identifier: Apache-2.0 */
/* The files of the node that a report has: records, configurations and logs. */
#ifndef CONTROL_REPORT_FILES_H
#define CONTROL_REPORT_FILES_H

#include "control/archive.h"
#include "control/node.h"

#include <stdio.h>

/* Add the records, without secrets. Returns 0 or -1. */
int report_records(const struct archive *a, struct failure *f) MUST_CHECK;

/* Add the configurations of networks, the policy and the device plugin's file, without secrets, and
 * the ends of the logs that the networks name. What is not JSON is left out. Returns 0 or -1. */
int report_networks(const struct archive *a, const struct node *node, struct failure *f) MUST_CHECK;

/* Print what podtap last wrote to the journal of this machine, unless it has no journal. Returns 0
 * or -1. */
int report_journal(const struct node *node, FILE *out, struct failure *f) MUST_CHECK;

/* Print a small text file of the node, if it is there. Returns 0. */
int report_text(const struct node *node, const char *path, FILE *out);

#endif
