/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses on their way from the node to an owner. */
#include "expose/addresses/binding.h"
#include "expose/addresses/claim.h"

static mask bit_of(const struct aside *a)
{
	return (mask)(1u << a->offset);
}

bool claimer_set_aside(struct claimer *c, size_t set, uint64_t owner)
{
	for (size_t i = 0; i < c->n_stakes && c->n_asides < ASIDES_MAX; i++) {
		struct stake *h = &c->stakes[i];
		const mask idle = claimer_served_of(c, h, set) & (mask)~h->used;
		const mask best = idle & (mask)~h->block.reclaimed;
		if (!idle || h->doubtful || h->block.foreign)
			continue;
		struct aside *a = &c->asides[c->n_asides++];
		*a = (struct aside){ h->block.first, (unsigned)__builtin_ctz(best ? best : idle),
			             owner, false, !best };
		h->leaving |= bit_of(a);
		h->proved = false;
		return true;
	}
	return false;
}

bool claimer_bind(const struct claimer *c, const struct stake *h, struct step *step)
{
	for (size_t i = 0; i < c->n_asides; i++) {
		const struct aside *a = &c->asides[i];
		if (!ip_equal(&a->first, &h->block.first) || !(h->leaving & bit_of(a)))
			continue;
		step->block = h->block;
		block_assign(&step->block, bit_of(a), NULL, CLAIM_RELEASING);
		step->kind = STEP_PUT;
		return bound_set(&step->block, a->offset, a->owner, c->me, CLAIM_ACTIVE);
	}
	return false;
}

void claimer_asides_look(struct claimer *c, const struct address_block *b)
{
	for (size_t i = 0; i < c->n_asides; i++) {
		struct aside *a = &c->asides[i];
		if (ip_equal(&a->first, &b->first))
			a->bound |= bound_find(b, a->offset, a->owner, c->me->uid) != NULL;
	}
}

enum aside_state claimer_aside(struct claimer *c, uint64_t owner, struct ip *ip, bool *unproved)
{
	for (size_t i = 0; i < c->n_asides; i++) {
		const struct aside a = c->asides[i];
		const struct stake *h = claimer_find(c, &a.first);
		if (a.owner != owner)
			continue;
		if (!a.bound && h && (h->leaving & bit_of(&a)))
			return ASIDE_ON_ITS_WAY;
		c->asides[i] = c->asides[--c->n_asides];
		*ip = block_ip(&a.first, a.offset);
		*unproved = a.reclaimed;
		return a.bound ? ASIDE_BOUND : ASIDE_NONE;
	}
	return ASIDE_NONE;
}
