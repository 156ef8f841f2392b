/* SPDX-License-Identifier: Apache-2.0 */
/* The attachments that runtimes know: the reference library keeps a file for each, from ADD to
 * DEL. */
#ifndef CONTROL_RUNTIME_CACHE_H
#define CONTROL_RUNTIME_CACHE_H

#include <stdbool.h>

/* Whether a runtime has this attachment of a network, since this boot. */
bool runtime_cache_has(const char *network, const char *container_id, const char *ifname);

#endif
