/* SPDX-License-Identifier: Apache-2.0 */
/* Judging resources for a probe. */
#include "expose/device-plugin/readiness.h"

#include <stdio.h>

static bool is_registered(const struct resource_server *s)
{
	return s->state == RESOURCE_REGISTERED && s->server.open > 0;
}

static bool not_ready(const struct resource_server *s, char text[static HEALTH_TEXT])
{
	if (s->state == RESOURCE_REGISTERED)
		snprintf(text, HEALTH_TEXT, "%s is registered, but kubelet does not listen",
		         s->resource);
	else
		snprintf(text, HEALTH_TEXT, "%s is not registered%s%s", s->resource,
		         *s->why ? ": " : "", s->why);
	return false;
}

bool inventory_ready(const struct inventory *all, char text[static HEALTH_TEXT])
{
	size_t length = 0;

	if (!all->kubelet.there) {
		snprintf(text, HEALTH_TEXT, "there is no kubelet at %.900s", all->kubelet.socket);
		return false;
	}
	if (!all->written) {
		snprintf(text, HEALTH_TEXT, "%s", all->why);
		return false;
	}
	for (size_t i = 0; i < all->n; i++)
		if (!is_registered(all->server[i]))
			return not_ready(all->server[i], text);
	for (size_t i = 0; i < all->n && length < HEALTH_TEXT; i++)
		if (!all->server[i]->lower)
			length += (size_t)snprintf(text + length, HEALTH_TEXT - length,
			                           "%s%s: %s is gone", length ? ", " : "",
			                           all->server[i]->resource,
			                           all->server[i]->entry.lower);
	return true;
}
