/* SPDX-License-Identifier: Apache-2.0 */
/* What a long-running program gives up after its start: capabilities, and all system calls outside
 * its table. */
#ifndef EXPOSE_COMMON_CONFINE_H
#define EXPOSE_COMMON_CONFINE_H

#include "base/failure.h"
#include "base/owned.h"

#include <stdbool.h>
#include <stddef.h>

/* A sanitizer's runtime makes calls of its own: its builds load a filter that forbids nothing. */
#ifndef __has_feature
#define __has_feature(feature) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || __has_feature(address_sanitizer)
#define CONFINE_FORBIDS 0
#else
#define CONFINE_FORBIDS 1
#endif

/* Returns whether the process may use a capability. */
bool confine_has(unsigned capability);

/* Keeps those of these capabilities that the process has. Empties the bounding set if that is
 * permitted. */
int confine_capabilities(const unsigned *kept, size_t n, struct failure *f) MUST_CHECK;

/* Allows only the system calls that all such programs make (reading and writing, memory, waiting,
 * time) and those in the table, which ends with NULL. Any other call logs its number and ends the
 * process: it is a mistake or an intruder's. An error instead would look like the kernel's answer.
 * The service manager starts the program again. */
int confine_calls(const char *const names[], struct failure *f) MUST_CHECK;

#endif
