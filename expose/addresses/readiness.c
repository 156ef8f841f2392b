/* SPDX-License-Identifier: Apache-2.0 */
/* Judging the agent for a probe. */
#include "expose/addresses/readiness.h"

#include <stdio.h>

static bool pools_ready(const struct agent *a, char text[static HEALTH_TEXT])
{
	for (size_t i = 0; i < a->n_members; i++) {
		const struct member *m = a->members[i];
		if (!m->listed)
			snprintf(text, HEALTH_TEXT, "the claims of pool %s are not read yet",
			         m->claimer.name);
		else if (m->unwritten)
			snprintf(text, HEALTH_TEXT,
			         "the file of pool %s cannot be written to %.800s", m->claimer.name,
			         a->usage.pools);
		else
			continue;
		return false;
	}
	return true;
}

bool agent_ready(const struct agent *a, char text[static HEALTH_TEXT])
{
	if (!*a->said && a->entered && a->watching && !a->stale)
		return pools_ready(a, text);
	if (*a->failed)
		snprintf(text, HEALTH_TEXT, "the engine does not serve: %.900s", a->failed);
	else
		snprintf(text, HEALTH_TEXT, "the pools are not read yet");
	return false;
}
