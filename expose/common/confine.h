/* SPDX-License-Identifier: Apache-2.0 */
/* What a long-running program gives up once it has started: capabilities, and every system call
 * that is not in its table. */
#ifndef EXPOSE_COMMON_CONFINE_H
#define EXPOSE_COMMON_CONFINE_H

#include "base/failure.h"
#include "base/owned.h"

#include <stddef.h>

/* A sanitizer's runtime makes calls of its own: in its builds the filter is loaded, and forbids
 * nothing. */
#ifndef __has_feature
#define __has_feature(feature) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || __has_feature(address_sanitizer)
#define CONFINE_FORBIDS 0
#else
#define CONFINE_FORBIDS 1
#endif

/* Keeps these capabilities of those we have, and none in the bounding set where that may be
 * changed.
 */
int confine_capabilities(const unsigned *kept, size_t n, struct failure *f) MUST_CHECK;

/* Allows from now on what every such program calls (reading and writing, memory, waiting, time) and
 * the calls named in the table, which ends with NULL. Any other ends the process, after a line that
 * says its number: a call nobody foresaw is a mistake or an intruder's, an error in its place would
 * be taken for the kernel's answer, and whoever runs us starts us anew. */
int confine_calls(const char *const names[], struct failure *f) MUST_CHECK;

#endif
