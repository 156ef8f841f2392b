/* SPDX-License-Identifier: Apache-2.0 */
/* The way of an owner's address to a CNI call of this node. */
#include "expose/addresses/sticky_steps.h"

#include "base/clock.h"

#include <stdio.h>
#include <string.h>

enum {
	AGAIN_MS = 100, /* at first, then twice as long each time */
	AGAIN_MOST_MS = 2000,
	CONFLICT_MS = 50,
	TAKE_MS = 1000,  /* the claimer's steps come without a timer */
	QUIET_MS = 1000, /* between two calls of one endpoint */
};

void stepping_turn(struct stepping *x, enum bound_phase phase)
{
	x->bound->phase = phase;
	x->bound->due = x->now;
	x->bound->tries = 0;
}

void stepping_again(struct stepping *x, unsigned milliseconds)
{
	x->bound->due = x->now + milliseconds;
}

static void later(struct stepping *x)
{
	struct bound *b = x->bound;
	const unsigned wait = AGAIN_MS << (b->tries < 5 ? b->tries : 5);

	b->tries++;
	stepping_again(x, wait < AGAIN_MOST_MS ? wait : AGAIN_MOST_MS);
}

bool stepping_answered(struct stepping *x, enum engine_answer answer)
{
	if (answer == ENGINE_OK || answer == ENGINE_NONE || answer == ENGINE_CONFLICT) {
		agent_said(x->agent, answer, &x->failure);
		return true;
	}
	snprintf(x->bound->problem, sizeof x->bound->problem, "%.90s: %.150s", x->failure.msg,
	         x->failure.details);
	if (answer != ENGINE_REFUSED)
		agent_said(x->agent, answer, &x->failure);
	later(x);
	if (answer == ENGINE_THROTTLED)
		stepping_again(x, x->agent->engine->retry_ms);
	return false;
}

struct ip bound_block(const struct bound *b, unsigned *offset)
{
	const number at = ip_number(&b->ip);

	*offset = (unsigned)(at % BLOCK_SIZE);
	return number_ip(b->ip.family, at - *offset);
}

/* Finds what the node has of the same owner already. */
static struct bound *former_find(const struct stepping *x)
{
	struct sticky *s = &x->member->sticky;

	for (size_t i = 0; i < s->n; i++) {
		struct bound *b = &s->bounds[i];
		if (b != x->bound && b->number == x->bound->number && !b->orphan &&
		    b->phase != BOUND_OVER)
			return b;
	}
	return NULL;
}

/* The owner's address is here already: the call gets that. */
static void former_take(struct stepping *x, struct bound *former)
{
	struct bound *b = x->bound;

	if (former->phase < BOUND_SERVED || former->phase == BOUND_LEAVE || former->asked) {
		snprintf(b->problem, sizeof b->problem, "another call of this node has it");
		later(x);
		return;
	}
	former->request = b->request;
	former->pod = b->pod;
	former->owner = b->owner;
	former->set = b->set;
	former->asked = true;
	former->migrates = b->migrates;
	former->shared = false;
	former->quiet_from = former->due = x->now;
	/* Another node may have a VM's address too: which of them may depends on the call. */
	if (former->phase != BOUND_SERVED || former->owner.kind != OWNER_POD)
		former->phase = BOUND_FIND;
	stepping_turn(x, BOUND_OVER);
}

static void step_owner(struct stepping *x)
{
	struct bound *b = x->bound;
	const struct engine_kind *kind = x->agent->engine->kind;

	if (b->pod.kind == OWNER_POD) {
		b->owner.kind = OWNER_POD;
		memcpy(b->owner.space, b->pod.space, sizeof b->owner.space);
		memcpy(b->owner.name, b->pod.pod, sizeof b->owner.name);
		memcpy(b->owner.ifname, b->pod.ifname, sizeof b->owner.ifname);
	} else if (!kind->pod_owner) {
		snprintf(b->problem, sizeof b->problem,
		         "the engine %s knows no VMs and no IPAMClaims", kind->name);
		later(x);
		return;
	} else {
		const enum engine_answer got = kind->pod_owner(x->agent->engine, &b->pod, &b->owner,
		                                               &b->migrates, &x->failure);
		if (got == ENGINE_NONE)
			snprintf(b->problem, sizeof b->problem, "there is no such pod");
		if (!stepping_answered(x, got))
			return;
		if (got != ENGINE_OK) {
			later(x);
			return;
		}
	}
	b->number = binding_number(&b->owner, b->set);
	struct bound *former = former_find(x);
	if (former)
		former_take(x, former);
	else
		stepping_turn(x, BOUND_FIND);
}

/* The AddressBinding says another address than we have: what we have is nobody's. */
static void orphan_leave(struct stepping *x)
{
	const struct bound had = *x->bound;
	const size_t at = (size_t)(x->bound - x->member->sticky.bounds);
	struct bound *orphan = sticky_add(&x->member->sticky, BOUND_HELD);

	x->bound = &x->member->sticky.bounds[at];
	if (!orphan)
		return; /* the next list of our blocks brings it */
	orphan->number = had.number;
	orphan->ip = had.ip;
	orphan->orphan = true;
	orphan->quiet_from = x->now;
}

static void step_find(struct stepping *x)
{
	struct address_binding there = { .set = 0 };
	const struct engine_kind *kind = x->agent->engine->kind;
	const enum engine_answer got = kind->binding_get(x->agent->engine, x->member->claimer.name,
	                                                 x->bound->number, &there, &x->failure);

	if (!stepping_answered(x, got))
		return;
	if (got == ENGINE_NONE) {
		stepping_turn(x, x->bound->ip.family ? BOUND_ENTER : BOUND_TAKE);
		return;
	}
	if (!owner_equal(&there.owner, &x->bound->owner)) {
		snprintf(x->bound->problem, sizeof x->bound->problem,
		         "another owner has its number: it needs another name");
		later(x);
		return;
	}
	if (x->bound->ip.family && !ip_equal(&x->bound->ip, &there.ip))
		orphan_leave(x);
	x->bound->ip = there.ip;
	memcpy(x->bound->version, there.version, sizeof there.version);
	stepping_turn(x, BOUND_JOIN);
}

/* The AddressBinding means nothing, since the block has no claim of the owner. */
static void stale_remove(struct stepping *x)
{
	struct address_binding stale = { .number = x->bound->number };
	const struct engine_kind *kind = x->agent->engine->kind;

	memcpy(stale.pool, x->member->claimer.name, sizeof stale.pool);
	memcpy(stale.version, x->bound->version, sizeof stale.version);
	if (*stale.version &&
	    !stepping_answered(x, kind->binding_delete(x->agent->engine, &stale, &x->failure)))
		return;
	x->bound->ip.family = 0;
	stepping_turn(x, BOUND_FIND);
}

/* Returns whether the pool still has the address; for a call, in the set of which it wants one. */
static bool is_usable(const struct stepping *x, const struct ip *first, unsigned offset)
{
	const struct address_pool *p = x->member->claimer.pool;

	for (size_t i = 0; p && i < p->n_sets; i++)
		if ((i == x->bound->set || !x->bound->asked) &&
		    (set_usable(&p->sets[i], first) >> offset & 1))
			return true;
	return false;
}

/* Returns whether we may join those that have the address: one of them is the source of the live
 * migration whose target we are. */
static bool may_join(struct stepping *x, const struct address_block *block, unsigned offset)
{
	struct bound *b = x->bound;
	char names[256], owner[OWNER_TEXT], text[IP_TEXT];
	const unsigned others =
	        bound_others(block, offset, b->number, x->agent->me.uid, names, sizeof names);

	b->shared = others > 0;
	if (others == 0 || (b->migrates && others < HOLDERS_MOST))
		return true;
	/* That node may be gone for good. */
	reclaim_offer(&x->agent->reclaim, &x->member->claimer, block, x->now);
	snprintf(b->problem, sizeof b->problem, "%.90s has %s on node %.80s%s",
	         owner_text(&b->owner, owner), ip_format(&b->ip, text), names,
	         b->migrates ? ", and a third may not have it" : "");
	return false;
}

/* The address is in the file: its call does not wait for anything that follows. */
static void serve(struct stepping *x)
{
	x->bound->untold = x->bound->owner.kind == OWNER_CLAIM;
	stepping_turn(x, BOUND_SERVED);
}

static void step_join(struct stepping *x)
{
	struct bound *b = x->bound;
	struct address_block block = { .n_claims = 0 };
	const struct engine_kind *kind = x->agent->engine->kind;
	unsigned offset;
	const struct ip first = bound_block(b, &offset);
	const enum engine_answer got = kind->block_get(x->agent->engine, x->member->claimer.name,
	                                               &first, &block, &x->failure);

	if (!stepping_answered(x, got))
		return;
	if (got == ENGINE_NONE || (!block.foreign && !bound_any(&block, offset, b->number))) {
		stale_remove(x);
		return;
	}
	if (!is_usable(x, &first, offset) && !block.foreign) {
		stepping_move(x, &block);
		return;
	}
	if (block.foreign || !may_join(x, &block, offset) ||
	    !bound_set(&block, offset, b->number, &x->agent->me, CLAIM_ACTIVE)) {
		later(x);
		return;
	}
	const enum engine_answer put = kind->block_put(x->agent->engine, &block, &x->failure);
	if (!stepping_answered(x, put))
		return;
	if (put != ENGINE_OK) {
		stepping_again(x, CONFLICT_MS);
		return;
	}
	b->unproved = block.reclaimed >> offset & 1;
	serve(x);
}

static void step_take(struct stepping *x)
{
	struct bound *b = x->bound;
	struct claimer *c = &x->member->claimer;

	stepping_again(x, TAKE_MS);
	switch (claimer_aside(c, b->number, &b->ip, &b->unproved)) {
	case ASIDE_BOUND:
		b->fresh = true;
		stepping_turn(x, BOUND_ENTER);
		return;
	case ASIDE_ON_ITS_WAY:
		return;
	default:
		b->ip.family = 0;
		if (!b->asked)
			stepping_turn(x, BOUND_OVER);
		else if (claimer_set_aside(c, b->set, b->number))
			x->steps = true;
	}
}

static void step_enter(struct stepping *x)
{
	struct bound *b = x->bound;
	struct address_binding fresh = {
		.number = b->number, .owner = b->owner, .set = b->set, .ip = b->ip
	};

	memcpy(fresh.pool, x->member->claimer.name, sizeof fresh.pool);
	const enum engine_answer got =
	        x->agent->engine->kind->binding_create(x->agent->engine, &fresh, &x->failure);
	const bool first = b->fresh;
	b->fresh = false;
	if (!stepping_answered(x, got)) {
		b->phase = BOUND_FIND;
		return;
	}
	memcpy(b->version, fresh.version, sizeof b->version);
	b->shared = false;
	if (got == ENGINE_OK && first)
		serve(x);
	else
		stepping_turn(x, got == ENGINE_OK ? BOUND_JOIN : BOUND_FIND);
}

/* Nothing is done while an endpoint uses the address, or a call asks for it. */
static void step_held(struct stepping *x)
{
	struct bound *b = x->bound;
	const struct address_pool *p = x->member->claimer.pool;
	const int64_t hold_down = p ? (int64_t)p->hold_down * 1000 : 0;
	const int64_t quiet = hold_down < QUIET_MS ? hold_down : QUIET_MS;

	if (b->untold && b->phase == BOUND_SERVED)
		stepping_tell(x);
	if (b->untold && (b->used || b->asked))
		return; /* again, shortly */
	if (b->used || b->asked) {
		b->due = INT64_MAX;
		b->tries = 0;
	} else if (x->now - b->quiet_from < quiet)
		b->due = b->quiet_from + quiet;
	else
		step_leave(x);
}

/* A call that has gone wants nothing. What it may have got leaves. */
static bool abandoned(struct stepping *x)
{
	struct bound *b = x->bound;

	/* What is in use is joined again, once after each list. */
	if (b->asked || (b->used && !b->tries) || b->phase == BOUND_TAKE ||
	    b->phase >= BOUND_SERVED)
		return false;
	if (b->ip.family && b->phase != BOUND_OWNER) {
		b->request = 0;
		b->fresh = false;
		b->quiet_from = x->now;
		stepping_turn(x, BOUND_HELD);
	} else
		stepping_turn(x, BOUND_OVER);
	return true;
}

static void (*const steps[BOUND_PHASES])(struct stepping *x) = {
	[BOUND_OWNER] = step_owner, [BOUND_FIND] = step_find,   [BOUND_JOIN] = step_join,
	[BOUND_TAKE] = step_take,   [BOUND_ENTER] = step_enter, [BOUND_SERVED] = step_held,
	[BOUND_HELD] = step_held,   [BOUND_LEAVE] = step_leave, [BOUND_IDLE] = step_idle,
};

static void over_remove(struct sticky *s)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->bounds[i].phase == BOUND_OVER)
			s->bounds[i--] = s->bounds[--s->n];
}

/* Returns whether only events lead on. */
static bool no_timer(const struct bound *b)
{
	return b->phase == BOUND_TAKE || b->due == INT64_MAX;
}

/* A call that is killed tells nobody. */
static int64_t due_of(const struct bound *b, int64_t now)
{
	return b->asked && b->due > now + TAKE_MS ? now + TAKE_MS : b->due;
}

int64_t sticky_step(struct agent *a, struct member *m)
{
	struct stepping x = { .agent = a, .member = m };
	int64_t next = -1;

	for (size_t i = 0; i < m->sticky.n; i++) {
		x.bound = &m->sticky.bounds[i];
		x.now = clock_milliseconds();
		if (no_timer(x.bound))
			x.bound->due = x.now;
		if (abandoned(&x) || x.bound->phase == BOUND_OVER || x.bound->due > x.now)
			continue;
		failure_clear(&x.failure);
		steps[x.bound->phase](&x);
	}
	over_remove(&m->sticky);
	for (size_t i = 0; i < m->sticky.n; i++)
		if (next < 0 || due_of(&m->sticky.bounds[i], x.now) < next)
			next = due_of(&m->sticky.bounds[i], x.now);
	agent_write(a, m);
	return x.steps ? clock_milliseconds() : next == INT64_MAX ? -1 : next;
}
