/* SPDX-License-Identifier: Apache-2.0 */
/* Making the steps that the protocol decides on. */
#include "expose/addresses/agent.h"

#include "base/clock.h"
#include "expose/addresses/announce.h"
#include "expose/addresses/census.h"

#include <stdio.h>
#include <string.h>

enum { HOLDERS_MAX = 32, SUSPECT_MS = 10000 };

struct listing {
	struct member *member;
	struct agent *agent;
	struct census census;
	bool suspicious;            /* some of the nodes may be gone */
	struct address_block empty; /* one without claims; pool "": none */
};

static void list_visit(const struct address_block *b, void *data)
{
	struct listing *all = data;

	census_count(&all->census, b);
	if (b->n_claims == 0 && !b->foreign)
		all->empty = *b;
	claimer_list_visit(&all->member->claimer, b, clock_milliseconds());
	if (all->suspicious)
		reclaim_offer(&all->agent->reclaim, &all->member->claimer, b, clock_milliseconds());
}

static void census_text(const struct census *all, char *text, size_t size)
{
	size_t length = 0;

	text[0] = '\0';
	for (size_t i = 0; i < all->n && length < size; i++)
		length += (size_t)snprintf(text + length, size - length, "%s%s holds %u",
		                           i ? ", " : "", all->holders[i].node,
		                           all->holders[i].count);
	if (all->others && length < size)
		snprintf(text + length, size - length, ", others hold %u", all->others);
}

static enum engine_answer list(struct agent *a, struct member *m, struct failure *f)
{
	struct listing all = { .member = m, .agent = a, .census = { .most = HOLDERS_MAX } };
	const struct block_visit v = { list_visit, &all };
	const struct address_pool *p = m->claimer.pool;

	all.suspicious = clock_milliseconds() >= m->suspect_at;
	if (all.suspicious)
		m->suspect_at = clock_milliseconds() + SUSPECT_MS;
	claimer_list_begin(&m->claimer);
	const enum engine_answer answer =
	        a->engine->kind->blocks(a->engine, m->claimer.name, NULL, &v, f);
	if (answer == ENGINE_OK) {
		census_text(&all.census, m->file.holders, sizeof m->file.holders);
		m->n_claimed = (int64_t)all.census.claimed;
		m->n_used = (int64_t)all.census.used;
	}
	/* A block with nothing but marks is of no use to a pool that goes. */
	if (answer == ENGINE_OK && p && p->deleting && *all.empty.pool)
		a->engine->kind->block_delete(a->engine, &all.empty, f);
	census_release(&all.census);
	return answer;
}

/* Changes the pool as it was listed last, for the numbers of addresses alone only after a survey.
 * If it is another now, the watch may say so late. */
static enum engine_answer pool_change(struct agent *a, struct member *m, bool surveyed,
                                      struct failure *f)
{
	struct address_pool *p = agent_pool(a, m->claimer.name);

	if (!p)
		return ENGINE_OK;
	const struct address_pool before = *p;
	const bool edited = claimer_edit(&m->claimer, p);
	const bool counted =
	        m->n_claimed >= 0 && (m->n_claimed != p->n_claimed || m->n_used != p->n_used);
	if (!edited && !(counted && surveyed))
		return ENGINE_OK;
	if (counted) {
		p->n_claimed = m->n_claimed;
		p->n_used = m->n_used;
	}
	const enum engine_answer answer = a->engine->kind->pool_update(a->engine, p, f);
	if (answer == ENGINE_OK) {
		if (p->nearly_full && !before.nearly_full)
			pool_announce(a->engine, p->name, "NearlyFull",
			              "less than a quarter of the addresses is in no claim");
		claimer_pool(&m->claimer, p, clock_milliseconds());
		return answer;
	}
	*p = before;
	return answer == ENGINE_CONFLICT && agent_pools(a) == ENGINE_OK ? ENGINE_CONFLICT : answer;
}

void agent_survey(struct agent *a, struct member *m)
{
	const struct step step = { .kind = STEP_LIST };
	struct failure f = { 0 };

	if (!m->listed || !claimer_surveys(&m->claimer))
		return;
	const enum engine_answer answer = list(a, m, &f);
	agent_said(a, answer, &f);
	claimer_answer(&m->claimer, &step, answer, NULL, a->engine->retry_ms, clock_milliseconds());
	if (answer == ENGINE_OK)
		agent_said(a, pool_change(a, m, true, &f), &f);
}

/* What is leaving is in the file no longer, before it is proved unused. Where that fails, it stays,
 * and is tried again later. */
static enum engine_answer withdraw(struct agent *a, struct member *m, struct failure *f)
{
	if (agent_write(a, m) && usage_prove(&m->claimer, f) == 0)
		return ENGINE_OK;
	for (size_t i = 0; i < m->claimer.n_stakes; i++)
		claimer_prove(&m->claimer.stakes[i], 0xffff);
	return ENGINE_UNKNOWN;
}

/* Notes which of our addresses endpoints have: with a block that is written anyway it costs
 * nothing. */
static void used_note(const struct claimer *c, struct address_block *b)
{
	const struct stake *h = claimer_find(c, &b->first);
	const mask own = claimer_own_any(c, b);

	b->used = (mask)((b->used & ~own) | (h ? h->used & own : 0));
}

void agent_tell_used(struct agent *a, struct member *m)
{
	struct claimer *c = &m->claimer;
	enum engine_answer answer = ENGINE_OK;

	for (size_t i = 0; m->listed && i < c->n_stakes; i++) {
		const struct stake *h = &c->stakes[i];
		struct address_block b = h->block;
		struct failure f = { 0 };
		used_note(c, &b);
		if (h->doubtful || b.foreign || b.used == h->block.used)
			continue;
		answer = a->engine->kind->block_put(a->engine, &b, &f);
		agent_said(a, answer, &f);
		if (answer == ENGINE_OK)
			claimer_own(c, &b, clock_milliseconds());
		else if (answer != ENGINE_CONFLICT)
			return; /* in five minutes again */
	}
}

/* Writes a block. *seen is the one that was there instead, if the engine shows it. */
static enum engine_answer put(struct engine *e, struct address_block *b, struct address_block *seen,
                              struct failure *f)
{
	const enum engine_answer answer = e->kind->block_put(e, b, f);

	if (answer == ENGINE_CONFLICT && e->kind->shows)
		*seen = e->there;
	return answer;
}

static enum engine_answer perform(struct agent *a, struct member *m, struct step *step,
                                  struct address_block *seen, struct failure *f)
{
	struct engine *e = a->engine;

	switch (step->kind) {
	case STEP_READ:
		return e->kind->block_get(e, m->claimer.name, &step->block.first, seen, f);
	case STEP_PUT:
		used_note(&m->claimer, &step->block);
		return put(e, &step->block, seen, f);
	case STEP_DELETE:
		return e->kind->block_delete(e, &step->block, f);
	case STEP_LIST:
		return list(a, m, f);
	case STEP_POOL:
		return pool_change(a, m, false, f);
	case STEP_WITHDRAW:
		return withdraw(a, m, f);
	default:
		return ENGINE_OK;
	}
}

/* Says why an ADD that waits may wait in vain. */
static void problem_set(const struct agent *a, struct member *m)
{
	const struct claimer *c = &m->claimer;
	char *text = m->file.problem;
	const size_t size = sizeof m->file.problem;
	uint32_t held = 0;

	for (size_t i = 0; i < c->n_stakes; i++)
		held += mask_count(block_own(&c->stakes[i].block, c->me->uid, CLAIM_ACTIVE));
	text[0] = '\0';
	if (!c->pool)
		snprintf(text, size, "there is no pool of this name");
	else if (c->pool->deleting)
		snprintf(text, size, "the pool is being deleted");
	else if (*c->pool->refused)
		snprintf(text, size, "the pool is refused: %s", c->pool->refused);
	else if (*a->said)
		snprintf(text, size, "the engine does not serve: %.400s", a->said);
	else if (held >= c->pool->max_per_node)
		snprintf(text, size, "the node has its most, maxPerNode %u", c->pool->max_per_node);
	else if (c->search.exhausted)
		snprintf(text, size, "every address of the pool is claimed");
}

/* A write is tried often: each reason is logged once. */
static void complain(struct member *m, const struct failure *f)
{
	char why[sizeof m->complaint];

	snprintf(why, sizeof why, "%.*s", (int)sizeof why - 1, f->details);
	if (strcmp(m->complaint, why) != 0)
		log_failure(f);
	snprintf(m->complaint, sizeof m->complaint, "%s", why);
}

bool agent_write(struct agent *a, struct member *m)
{
	struct failure f = { 0 };

	problem_set(a, m);
	const int written = pool_file_write(&m->file, &m->claimer, &m->sticky, a->usage.pools, &f);
	m->unwritten = written < 0;
	if (written < 0)
		complain(m, &f);
	else if (written > 0)
		m->complaint[0] = '\0';
	return !m->unwritten;
}

int64_t agent_step(struct agent *a, struct member *m)
{
	struct claimer *c = &m->claimer;
	struct address_block seen = { .n_claims = 0 };
	struct failure f = { 0 };
	struct step step;

	claimer_next(c, clock_milliseconds(), &step);
	if (step.kind == STEP_NONE) {
		agent_write(a, m);
		return step.wake;
	}
	const enum engine_answer answer = perform(a, m, &step, &seen, &f);
	if (step.kind != STEP_WITHDRAW)
		agent_said(a, answer, &f);
	else if (f.code)
		log_failure(&f);
	claimer_answer(c, &step, answer, *seen.pool ? &seen : NULL, a->engine->retry_ms,
	               clock_milliseconds());
	agent_write(a, m);
	return clock_milliseconds();
}
