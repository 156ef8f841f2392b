/* SPDX-License-Identifier: Apache-2.0 */
/* Telling people about a pool: in the log, and in the cluster. */
#ifndef EXPOSE_ADDRESSES_ANNOUNCE_H
#define EXPOSE_ADDRESSES_ANNOUNCE_H

#include "expose/addresses/engine.h"

/* Log something about a pool, and announce it by the engine. The reason is one word. */
void pool_announce(struct engine *e, const char *pool, const char *reason, const char *fmt, ...)
        __attribute__((format(printf, 4, 5)));

#endif
