/* SPDX-License-Identifier: Apache-2.0 */
/* The CDI specification of an endpoint's tap. Each device name has one file. With it, runtimes that
 * know CDI give the tap to a container (--device podtap.dev/tap=NAME). */
#ifndef PLUGIN_CDI_H
#define PLUGIN_CDI_H

#include "plugin/cdi_spec.h"
#include "record/endpoint.h"

/* Read the specification that has the name e->cdi. Returns FOUND, FOUND_NONE or FOUND_FAILED
 * (CNI_IO). */
enum found cdi_find(const struct endpoint *e, struct cdi_tap *tap, struct failure *f) MUST_CHECK;

/* Find the endpoint that has the name e->cdi, by the specification. Returns 1 with its *ifindex; 0
 * if no other endpoint has it; or -1 (CNI_IO). */
int cdi_holder(const struct endpoint *e, uint32_t *ifindex, struct failure *f) MUST_CHECK;

/* Write the specification of the device e->cdi atomically. It may replace that of `former`, which
 * cdi_permit() returned. Do nothing without e->cdi. The record must name the device before: a call
 * that finds only the record must know which file to remove. Returns 0, or -1: CNI_AGAIN if another
 * endpoint has got the name since. */
int cdi_write(const struct endpoint *e, uint32_t former, struct failure *f) MUST_CHECK;

/* Remove the specification if it is this endpoint's. Keep that of a successor. Returns 0 or -1. */
int cdi_remove(const struct endpoint *e, struct failure *f) MUST_CHECK;

/* Like cdi_remove(), for a link without a record: search all specifications for that of its tap.
 * *number is the device number in it, 0 if no specification was found. */
int cdi_remove_unrecorded(uint32_t ifindex, dev_t *number, struct failure *f) MUST_CHECK;

/* Call on_tap() with the tap of every specification of podtap's. Returns 0 or -1. */
int cdi_each(void (*on_tap)(const struct cdi_tap *tap, void *data), void *data,
             struct failure *f) MUST_CHECK;

#endif
