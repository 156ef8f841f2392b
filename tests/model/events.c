/* SPDX-License-Identifier: Apache-2.0 */
/* The events: ADDs and DELs, a killed program, and the steps of the agents, with answers that are
 * lost or late. */
#include "tests/model/events.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const event_names[EVENTS + 1] = { "ADD reads the file",
	                                      "ADD reserves",
	                                      "ADD gives up",
	                                      "DEL of one address",
	                                      "DEL of another",
	                                      "the program is killed",
	                                      "the machine starts again",
	                                      "the proof fails",
	                                      "the node sees the pool",
	                                      "step",
	                                      "step, and its answer is lost",
	                                      "step, whose write happens later",
	                                      "a late write happens",
	                                      "it has both addresses from the beginning" };

/* The engine's compare-and-swap. */
static bool engine_put(struct world *w, struct address_block *b, bool removes)
{
	const char *current = w->exists ? w->block.version : "";

	if (strcmp(b->version, current) != 0 && !without("compare"))
		return false;
	w->exists = !removes;
	snprintf(b->version, sizeof b->version, "%llu", (unsigned long long)++w->versions);
	if (!removes)
		w->block = *b;
	return true;
}

static void file_write(struct node *n)
{
	mask served = 0;

	for (size_t i = 0; i < n->claimer.n_stakes; i++)
		served |= claimer_served(&n->claimer, &n->claimer.stakes[i]);
	if (served != n->file)
		n->current = false;
	n->file = served;
}

static void use_tell(struct node *n)
{
	for (size_t i = 0; i < n->claimer.n_stakes; i++)
		claimer_use(&n->claimer.stakes[i], n->used, NOW);
}

void pool_tell(struct world *w, int i)
{
	struct node *n = &w->nodes[i];

	memcpy(n->asks, w->asks, sizeof n->asks);
	n->told = w->answers[i].known = true;
	pool_load(w, w->asks);
	answers_load(w);
	claimer_pool(&n->claimer, &pool, NOW);
}

static enum request request_kind(const struct world *w, int i, uint64_t id)
{
	return id == w->nodes[i].claimer.ask ? ASKED : ASKED_BEFORE;
}

static struct answer answer_of(const struct world *w, int i, const struct pool_handed *p)
{
	return (struct answer){ .there = true,
		                .current = request_kind(w, i, p->id) == ASKED,
		                .addresses = p->addresses,
		                .before = strtoull(p->before, NULL, 10),
		                .version = strtoull(p->version, NULL, 10) };
}

/* The world remembers the newest answer to each node. */
static void pool_store(struct world *w, int by)
{
	for (int i = 0; i < NODES; i++) {
		const struct answer before = w->answers[i];
		w->asks[i] = NOT_ASKED;
		w->answers[i] = (struct answer){ .there = false };
		for (size_t k = 0; k < pool.n_waiting; k++)
			if (strcmp(pool.waiting[k].uid, claimants[i].uid) == 0)
				w->asks[i] = request_kind(w, i, pool.waiting[k].id);
		for (size_t k = 0; k < pool.n_handed; k++) {
			const struct pool_handed *p = &pool.handed[k];
			if (strcmp(p->uid, claimants[i].uid) == 0)
				w->answers[i] = answer_of(w, i, p);
		}
		w->answers[i].known = before.known && before.version == w->answers[i].version;
		w->nodes[i].told = false;
	}
	w->latest = pool.latest;
	pool_tell(w, by);
}

/* The agent changes the newest pool: it has it again after a conflict. */
static enum engine_answer pool_write_make(struct world *w, int i)
{
	struct node *n = &w->nodes[i];

	if (!n->told) {
		pool_tell(w, i);
		return ENGINE_CONFLICT;
	}
	pool_load(w, w->asks);
	answers_load(w);
	if (claimer_edit(&n->claimer, &pool))
		pool_store(w, i);
	return ENGINE_OK;
}

/* Without its guard, what a late write may take away is served. */
static void fence_skip(struct claimer *c)
{
	for (size_t i = 0; i < c->n_stakes && without("fence"); i++)
		claimer_vouch(&c->stakes[i], 0xffff);
}

/* What a former process served is in the file that it left. */
static void start(const struct world *w, struct node *n)
{
	struct claimer *c = &n->claimer;

	claimer_doubt(c);
	if (w->exists)
		claimer_own(c, &w->block, NOW);
	for (size_t i = 0; i < c->n_stakes; i++)
		claimer_vouch(&c->stakes[i], n->file);
	n->stage = RUNNING;
}

static bool write_make(struct world *w, struct node *n, struct step *step, enum outcome how)
{
	const bool removes = step->kind == STEP_DELETE;
	enum engine_answer answer = ENGINE_UNKNOWN;
	int at = 0;

	if (how == HAPPENS_LATE) {
		while (at < LATE_MAX && w->late[at].there)
			at++;
		if (at == LATE_MAX)
			return false;
		w->late[at] = (struct late){ true, removes, step->block };
	} else if (!engine_put(w, &step->block, removes))
		answer = ENGINE_CONFLICT;
	else if (how == ANSWERED)
		answer = ENGINE_OK;
	claimer_answer(&n->claimer, step, answer,
	               answer == ENGINE_CONFLICT && shown && w->exists ? &w->block : NULL, 0, NOW);
	return true;
}

static void list_make(struct world *w, struct claimer *c)
{
	claimer_list_begin(c);
	if (w->exists)
		claimer_list_visit(c, &w->block, NOW);
}

bool agent_step(struct world *w, int at, enum outcome how)
{
	struct node *n = &w->nodes[at];
	struct claimer *c = &n->claimer;
	struct step step;
	const mask before = n->file;

	if (n->stage != RUNNING && how != ANSWERED)
		return false;
	if (n->stage == STARTED) {
		start(w, n);
		return true;
	}
	if (n->stage == DECIDED) {
		file_write(n);
		n->stage = WITHDRAWN;
		return true;
	}
	if (n->stage == WITHDRAWN) {
		for (size_t i = 0; i < c->n_stakes; i++)
			if (c->stakes[i].leaving)
				claimer_prove(&c->stakes[i], without("prove") ? 0 : n->used);
		n->stage = RUNNING;
		return true;
	}
	fence_skip(c);
	use_tell(n);
	claimer_wait(c, n->waiting, NOW);
	claimer_next(c, NOW, &step);
	const bool writes = step.kind == STEP_PUT || step.kind == STEP_DELETE;
	if (how != ANSWERED && !writes)
		return false;
	if (writes && !write_make(w, n, &step, how))
		return false;
	if (step.kind == STEP_LIST)
		list_make(w, c);
	enum engine_answer answer = ENGINE_OK;
	if (step.kind == STEP_READ && !w->exists)
		answer = ENGINE_NONE;
	if (step.kind == STEP_POOL)
		answer = pool_write_make(w, at);
	if (!writes && step.kind != STEP_NONE && step.kind != STEP_WITHDRAW)
		claimer_answer(c, &step, answer, &w->block, 0, NOW);
	if (step.kind == STEP_WITHDRAW) {
		n->stage = DECIDED;
		return true;
	}
	file_write(n);
	return step.kind != STEP_NONE || n->file != before;
}

/* The second part of an ADD, under the store's lock. */
static void add_end(struct node *n)
{
	const mask idle = n->add_file & (mask)~n->used;

	n->add = false;
	if (!n->current && !without("verify"))
		return; /* it reads the file again */
	n->waiting = !idle;
	n->used |= idle & -idle;
}

bool late_happens(struct world *w, int at)
{
	struct late *l = &w->late[at];

	if (!l->there)
		return false;
	l->there = false;
	engine_put(w, &l->block, l->removes);
	return true;
}

static bool del(struct node *n, bool second)
{
	const mask low = n->used & (mask)-n->used, one = second ? n->used & (mask)~low : low;

	n->used &= (mask)~one;
	return one != 0;
}

/* The new process lists the pools. What it has not asked itself, it does not know. */
static void kill_program(struct world *w, int i)
{
	struct node *n = &w->nodes[i];

	w->asks[i] = w->asks[i] ? ASKED_BEFORE : NOT_ASKED;
	w->answers[i].current = false;
	for (int k = 0; k < NODES; k++)
		w->nodes[k].asks[i] = w->nodes[k].asks[i] ? ASKED_BEFORE : NOT_ASKED;
	claimer_release(&n->claimer);
	node_begin(n, i);
	pool_tell(w, i);
}

/* Nothing uses an address after a reboot, and the file is gone. */
static void reboot(struct world *w, int i)
{
	struct node *n = &w->nodes[i];

	n->used = n->file = 0;
	n->waiting = n->add = false;
	kill_program(w, i);
}

/* What is leaving stays. */
static bool proof_fails(struct node *n)
{
	if (n->stage != WITHDRAWN)
		return false;
	for (size_t i = 0; i < n->claimer.n_stakes; i++)
		claimer_prove(&n->claimer.stakes[i], 0xffff);
	n->stage = RUNNING;
	return true;
}

bool happens(struct world *w, int i, enum event e)
{
	struct node *n = &w->nodes[i];

	pool_load(w, n->asks);
	switch (e) {
	case ADD_BEGINS:
		if (n->add)
			return false;
		n->add = n->current = true;
		n->add_file = n->file;
		return true;
	case ADD_ENDS:
		if (n->add)
			add_end(n);
		else
			return false;
		return true;
	case ADD_GIVES_UP:
		if (!n->waiting)
			return false;
		n->waiting = false;
		return true;
	case DEL_FIRST:
	case DEL_SECOND:
		return del(n, e == DEL_SECOND);
	case KILLED:
		if (n->stage == STARTED)
			return false;
		kill_program(w, i);
		return true;
	case REBOOTED:
		reboot(w, i);
		return true;
	case POOL_TOLD:
		if (n->told)
			return false;
		pool_tell(w, i);
		return true;
	case PROOF_FAILS:
		return proof_fails(n);
	case LATE_FIRST:
		return i == 0 && late_happens(w, 0);
	default:
		return agent_step(w, i, (enum outcome)(e - STEP));
	}
}
