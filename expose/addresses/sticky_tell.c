/* SPDX-License-Identifier: Apache-2.0 */
/* Telling an IPAMClaim which addresses it has: its users look there. */
#include "expose/addresses/sticky_steps.h"

#include "expose/common/daemon.h"

/* Collects the addresses that the call's owner has here, of each set. */
static size_t addresses_of(const struct stepping *x, struct cidr ips[static POOL_SETS_MAX])
{
	const struct sticky *s = &x->member->sticky;
	const struct address_pool *p = x->member->claimer.pool;
	size_t n = 0;

	for (uint32_t set = 0; p && set < p->n_sets; set++)
		for (size_t i = 0; i < s->n; i++) {
			const struct bound *b = &s->bounds[i];
			if (b->phase == BOUND_SERVED && b->set == set && n <= set &&
			    owner_equal(&b->owner, &x->bound->owner))
				ips[n++] = (struct cidr){ b->ip, p->sets[set].range.subnet.prefix };
		}
	return n;
}

/* Nothing depends on it, so what is refused is only logged. */
void stepping_tell(struct stepping *x)
{
	struct cidr ips[POOL_SETS_MAX];
	const struct engine_kind *kind = x->agent->engine->kind;
	const size_t n = addresses_of(x, ips);

	x->bound->untold = false;
	if (!kind->claim_tell || !n)
		return;
	const enum engine_answer got = kind->claim_tell(x->agent->engine, &x->bound->owner, ips, n,
	                                                x->bound->pod.pod, &x->failure);
	if (got == ENGINE_REFUSED)
		log_failure(&x->failure);
	else if (!stepping_answered(x, got))
		x->bound->untold = true;
}
