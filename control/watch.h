/* SPDX-License-Identifier: Apache-2.0 */
/* The endpoints of this host as their records change. */
#ifndef CONTROL_WATCH_H
#define CONTROL_WATCH_H

#include "control/listing.h"

/* Print the endpoints that a filter wants, and then a line, or a document, for each that is made,
 * completed, changed or removed, until nobody reads stdout any more. Returns 0 then, or -1. */
int watch_run(enum output form, const struct listing_filter *filter, struct failure *f) MUST_CHECK;

#endif
