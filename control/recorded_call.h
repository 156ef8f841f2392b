/* SPDX-License-Identifier: Apache-2.0 */
/* A call on an endpoint without its runtime: the request of its ADD, from its record. */
#ifndef CONTROL_RECORDED_CALL_H
#define CONTROL_RECORDED_CALL_H

#include "cni/request.h"
#include "record/endpoint.h"

/* Make the request of a later call (DEL, CHECK, GC) on the attachment of a record. The
 * configuration is the one that the ADD got, which the record keeps; or (`file` not NULL) that of a
 * file, with the plugin podtap of a list. An endpoint of an older podtap keeps none, nor does one
 * whose call was longer than ENDPOINT_CALL_MAX: both need a file. prevResult is what the ADD got,
 * if it got one. Borrows the variables from the record. Returns 0, or -1. The caller releases r in
 * any case. */
int recorded_call(struct request *r, const struct endpoint *e, const char *file,
                  struct failure *f) MUST_CHECK;

/* Make a request without an attachment, for the plugin podtap of the network in a file. Returns 0,
 * or -1. The caller releases r in any case. */
int file_call(struct request *r, const char *file, struct failure *f) MUST_CHECK;

#endif
