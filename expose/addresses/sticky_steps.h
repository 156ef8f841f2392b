/* SPDX-License-Identifier: Apache-2.0 */
/* The steps of owners' addresses: each makes at most two calls to the engine. */
#ifndef EXPOSE_ADDRESSES_STICKY_STEPS_H
#define EXPOSE_ADDRESSES_STICKY_STEPS_H

#include "expose/addresses/agent.h"

struct stepping {
	struct agent *agent;
	struct member *member;
	struct bound *bound;
	int64_t now;
	bool steps; /* the claimer has something to do */
	struct failure failure;
};

/* Has another phase begin now. */
void stepping_turn(struct stepping *x, enum bound_phase phase);

/* Has the same step be made again, in so many milliseconds. */
void stepping_again(struct stepping *x, unsigned milliseconds);

/* Returns whether the engine answered. If not, the step is made again later. */
bool stepping_answered(struct stepping *x, enum engine_answer answer);

/* Returns the block of an owner's address. */
struct ip bound_block(const struct bound *b, unsigned *offset);

/* Gives up an address that the pool's range no longer has, for another one, unless a node uses it.
 */
void stepping_move(struct stepping *x, struct address_block *block);

void step_leave(struct stepping *x);
void step_idle(struct stepping *x);

/* Writes the addresses of the call's IPAMClaim into its status. Without an answer x->bound->untold
 * stays. */
void stepping_tell(struct stepping *x);

#endif
