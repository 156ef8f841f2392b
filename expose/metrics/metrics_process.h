/* SPDX-License-Identifier: Apache-2.0 */
/* Serving the metrics beside a long-running program: in a process of its own, so that no scraper
 * and no collection can hold the program up, or end it. */
#ifndef EXPOSE_METRICS_METRICS_PROCESS_H
#define EXPOSE_METRICS_METRICS_PROCESS_H

#include "expose/metrics/metrics_place.h"

#include <stddef.h>

enum { METRICS_MEMORY = 12 << 20 };

/* Start the process: it closes these descriptors of its parent, keeps CAP_SYS_ADMIN and
 * CAP_SYS_PTRACE, has a system call filter of its own and a lower priority, may have
 * METRICS_MEMORY bytes, and is what the kernel ends first where memory is short. It waits while the
 * place is another's, and ends with its parent. Call it before signals_open(). Returns a descriptor
 * that becomes readable when the process has ended, which the caller owns, or -1. */
int metrics_start(const struct metrics_place *place, const int *theirs, size_t n,
                  struct failure *f) MUST_CHECK;

#endif
