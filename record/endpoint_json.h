/* SPDX-License-Identifier: Apache-2.0 */
/* The endpoint record as JSON, for endpoint.c and for listings. */
#ifndef RECORD_ENDPOINT_JSON_H
#define RECORD_ENDPOINT_JSON_H

#include "record/endpoint.h"

/* The record's JSON; the caller owns it. NULL when memory is out. */
cJSON *endpoint_to_json(const struct endpoint *e);

/* Reads a record. The endpoint borrows from the tree and owns it from then on, also on failure.
 * Code CNI_DECODE where it is not a record. */
int endpoint_from_json(cJSON *json, struct endpoint *e, struct failure *f) MUST_CHECK;

#endif
