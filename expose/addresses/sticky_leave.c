/* SPDX-License-Identifier: Apache-2.0 */
/* Owners' addresses that nothing uses: they stay the owner's, until the owner is gone. */
#include "expose/addresses/sticky_steps.h"

#include "expose/common/daemon.h"

#include <stdio.h>
#include <string.h>

enum {
	LEAVE_MS = 500, /* after a conflict, or a use that the store does not tell yet */
	LOOK_MS = 1000, /* at first, then twice as long each time */
	LOOK_MOST = 9,  /* times: then the list of our blocks comes before */
	PROVED_MS = 10000,
};

static void leave_later(struct stepping *x)
{
	stepping_again(x, LEAVE_MS);
}

/* Makes our claim idle, or removes it while another node has one. */
static enum engine_answer claim_leave(struct stepping *x, struct address_block *block,
                                      unsigned offset, bool *idle)
{
	struct bound *b = x->bound;
	char names[256];

	if (b->used_from && b->quiet_from - b->used_from >= PROVED_MS)
		block->reclaimed &= (uint16_t) ~(1u << offset);
	*idle = bound_others(block, offset, b->number, x->agent->me.uid, names, sizeof names) == 0;
	if (*idle)
		bound_set(block, offset, b->number, &x->agent->me, CLAIM_IDLE);
	else
		bound_remove(block, offset, b->number, x->agent->me.uid);
	return x->agent->engine->kind->block_put(x->agent->engine, block, &x->failure);
}

/* Takes the address out of the file. Returns whether nothing uses it. */
static bool is_left(struct stepping *x)
{
	struct bound *b = x->bound;

	b->phase = BOUND_LEAVE;
	b->request = 0;
	const int used = agent_write(x->agent, x->member)
	                         ? usage_has(&x->member->claimer, &b->ip, &x->failure)
	                         : -1;
	if (used == 0)
		return true;
	b->phase = used > 0 ? BOUND_HELD : b->phase;
	if (x->failure.code)
		log_failure(&x->failure);
	leave_later(x);
	return false;
}

void step_leave(struct stepping *x)
{
	struct bound *b = x->bound;
	struct address_block block = { .n_claims = 0 };
	const struct engine_kind *kind = x->agent->engine->kind;
	unsigned offset;
	bool idle;
	const struct ip first = bound_block(b, &offset);
	const enum engine_answer got = kind->block_get(x->agent->engine, x->member->claimer.name,
	                                               &first, &block, &x->failure);

	/* While the engine is down, the next call of the same pod finds the address in the file. */
	if (!stepping_answered(x, got) || !is_left(x))
		return;
	if (got == ENGINE_NONE ||
	    (!block.foreign && !bound_find(&block, offset, b->number, x->agent->me.uid))) {
		stepping_turn(x, BOUND_OVER);
		return;
	}
	if (block.foreign) {
		leave_later(x);
		return;
	}
	const enum engine_answer put = claim_leave(x, &block, offset, &idle);
	if (!stepping_answered(x, put))
		return;
	if (put != ENGINE_OK) {
		leave_later(x);
		return;
	}
	b->idle_from = x->now;
	stepping_turn(x, idle ? BOUND_IDLE : BOUND_OVER);
	stepping_again(x, LOOK_MS);
}

/* Returns ENGINE_NONE if the owner is gone. A pod's name lives longer than the pod: its address is
 * kept for the pool's stickyFor. */
static enum engine_answer owner_look(struct stepping *x, const struct owner *owner)
{
	const struct engine_kind *kind = x->agent->engine->kind;
	const struct address_pool *p = x->member->claimer.pool;

	if (owner->kind != OWNER_POD && kind->owner_find)
		return kind->owner_find(x->agent->engine, owner, &x->failure);
	return p && x->now - x->bound->idle_from < (int64_t)p->sticky_for * 1000 ? ENGINE_OK
	                                                                         : ENGINE_NONE;
}

/* Frees the address, if no other node has taken it over: first the AddressBinding goes, so that
 * none is left behind. */
static bool release(struct stepping *x, struct address_block *block, struct address_binding *there)
{
	const struct engine_kind *kind = x->agent->engine->kind;
	const struct claimer *c = &x->member->claimer;
	unsigned offset;
	enum engine_answer put;

	bound_block(x->bound, &offset);
	if (there) {
		const enum engine_answer gone =
		        kind->binding_delete(x->agent->engine, there, &x->failure);
		if (!stepping_answered(x, gone))
			return false;
		if (gone == ENGINE_CONFLICT)
			return false;
	}
	bound_remove(block, offset, x->bound->number, x->agent->me.uid);
	if (block->n_claims || (block->reclaimed && claimer_open(c)))
		put = kind->block_put(x->agent->engine, block, &x->failure);
	else
		put = kind->block_delete(x->agent->engine, block, &x->failure);
	return stepping_answered(x, put) && put != ENGINE_CONFLICT;
}

void stepping_move(struct stepping *x, struct address_block *block)
{
	struct address_binding there = { .number = x->bound->number };
	char names[256];
	unsigned offset;

	bound_block(x->bound, &offset);
	leave_later(x);
	x->bound->tries++;
	snprintf(x->bound->problem, sizeof x->bound->problem, "the pool's range no longer has it");
	if (bound_others(block, offset, x->bound->number, "", names, sizeof names))
		return;
	memcpy(there.pool, x->member->claimer.name, sizeof there.pool);
	memcpy(there.version, x->bound->version, sizeof there.version);
	/* The claim is idle: it becomes ours, to be removed. */
	bound_set(block, offset, x->bound->number, &x->agent->me, CLAIM_IDLE);
	if (!release(x, block, &there))
		return;
	x->bound->ip.family = 0;
	stepping_turn(x, BOUND_FIND);
}

static void look_later(struct stepping *x)
{
	struct bound *b = x->bound;
	const int64_t wait = (int64_t)LOOK_MS << (b->tries < LOOK_MOST ? b->tries : LOOK_MOST);
	const struct address_pool *p = x->member->claimer.pool;
	const int64_t end = p ? b->idle_from + (int64_t)p->sticky_for * 1000 : INT64_MAX;

	b->tries++;
	b->due = x->now + wait;
	if (end > x->now && end < b->due)
		b->due = end;
}

/* Finds the AddressBinding. Returns whether the engine answered; *found: it says our address. */
static bool binding_look(struct stepping *x, struct address_binding *there, bool *found)
{
	const enum engine_answer got = x->agent->engine->kind->binding_get(
	        x->agent->engine, x->member->claimer.name, x->bound->number, there, &x->failure);

	*found = got == ENGINE_OK && ip_equal(&there->ip, &x->bound->ip);
	return stepping_answered(x, got);
}

void step_idle(struct stepping *x)
{
	struct bound *b = x->bound;
	struct address_binding there = { .set = 0 };
	struct address_block block = { .n_claims = 0 };
	const struct engine_kind *kind = x->agent->engine->kind;
	unsigned offset;
	bool found;
	const struct ip first = bound_block(b, &offset);

	look_later(x);
	if (!binding_look(x, &there, &found))
		return;
	if (found && claimer_open(&x->member->claimer)) {
		const enum engine_answer lives = owner_look(x, &there.owner);
		if (!stepping_answered(x, lives) || lives == ENGINE_OK)
			return;
	}
	const enum engine_answer got = kind->block_get(x->agent->engine, x->member->claimer.name,
	                                               &first, &block, &x->failure);
	if (!stepping_answered(x, got) || block.foreign)
		return;
	const struct claim *ours = bound_find(&block, offset, b->number, x->agent->me.uid);
	if (!ours || ours->state != CLAIM_IDLE) {
		stepping_turn(x, ours ? BOUND_HELD : BOUND_OVER);
		return;
	}
	if (release(x, &block, found ? &there : NULL))
		stepping_turn(x, BOUND_OVER);
}
