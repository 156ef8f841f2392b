/* SPDX-License-Identifier: Apache-2.0 */
/* Judging an endpoint by its record and the kernel. */
#include "record/condition.h"

const char *condition_name(enum condition c)
{
	return c == UNKNOWN ? "unknown" : c == STALE ? "stale" : "alive";
}

enum condition condition_of(const struct verifier *verifier, const struct failure *unverified,
                            const struct endpoint *e, const struct failure *error, struct link *now,
                            struct failure *why)
{
	if (error) {
		*why = *error;
		return STALE;
	}
	if (!e->ready) {
		fail(why, CNI_OTHER,
		     e->repairing ? "its repair is under way or was ended: podtapctl repair "
		                    "completes it"
		                  : "its ADD is under way or was ended",
		     "endpoint %s of %s", e->ifname, e->container_id);
		return STALE;
	}
	if (!verifier) {
		*why = *unverified;
		return UNKNOWN;
	}
	const enum verified verified = endpoint_verify(verifier, e, now, why);
	return verified == VERIFY_FAILED ? UNKNOWN : verified == VERIFIED ? ALIVE : STALE;
}
