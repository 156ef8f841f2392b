/* SPDX-License-Identifier: Apache-2.0 */
/* Announcing in two places. */
#include "expose/addresses/announce.h"

#include "expose/common/daemon.h"

#include <stdarg.h>
#include <stdio.h>

void pool_announce(struct engine *e, const char *pool, const char *reason, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	log_event("pool %s: %s", pool, text);
	if (e->kind->announce)
		e->kind->announce(e, pool, reason, text);
}
