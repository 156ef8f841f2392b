/* SPDX-License-Identifier: Apache-2.0 */
/* The engine: compare-and-swap in slots of time. */
#include "tests/simulation/world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Returns when the engine has done it: its first free slot decides. */
static int64_t served_at(int64_t *slots, size_t n, int64_t takes)
{
	size_t first = 0;

	for (size_t i = 1; i < n; i++)
		if (slots[i] < slots[first])
			first = i;
	const int64_t begin = slots[first] > w.now + WAY_US ? slots[first] : w.now + WAY_US;
	slots[first] = begin + takes;
	return begin + takes;
}

static struct address_block **slot(const struct ip *first)
{
	uint32_t index;

	return set_index(&w.pool.sets[0], first, &index) ? &w.store[index] : NULL;
}

const struct address_block *stored(const struct ip *first)
{
	return *slot(first);
}

static void list_do(struct node *n)
{
	claimer_list_begin(&n->claimer);
	for (uint32_t i = 0; i < w.n_blocks; i++)
		if (w.store[i])
			claimer_list_visit(&n->claimer, w.store[i], ms());
}

static enum engine_answer put_do(struct address_block *b, bool delete)
{
	struct address_block **there = slot(&b->first);
	const char *version = *there ? (*there)->version : "";

	if (strcmp(version, b->version) != 0)
		return ENGINE_CONFLICT;
	if (delete) {
		free(*there);
		*there = NULL;
		return ENGINE_OK;
	}
	snprintf(b->version, sizeof b->version, "%llu", (unsigned long long)++w.version);
	if (!*there)
		*there = need(malloc(sizeof **there));
	**there = *b;
	return ENGINE_OK;
}

static enum engine_answer pool_do(struct node *n)
{
	if (n->claimer.pool != w.published)
		return ENGINE_CONFLICT;
	if (!claimer_edit(&n->claimer, &w.pool))
		return ENGINE_OK;
	struct kept *fresh = need(malloc(sizeof *fresh));
	*fresh = (struct kept){ .former = w.kept, .pool = w.pool };
	w.kept = fresh;
	w.published = &fresh->pool;
	event_at(w.now + WAY_US, published, NULL);
	return ENGINE_OK;
}

/* Returns whether the answer has the block as it is. */
static bool is_seen(const struct node *n, enum engine_answer answer)
{
	return n->step.kind == STEP_READ ||
	       (w.shows && n->step.kind == STEP_PUT && answer == ENGINE_CONFLICT);
}

/* The engine does it. */
static void done(struct event *e)
{
	struct node *n = e->node;
	struct event *answer = event_at(w.now + WAY_US, answered, n);
	const enum step_kind kind = n->step.kind;
	const bool writes = kind == STEP_PUT || kind == STEP_DELETE;
	const struct address_block *there =
	        writes || kind == STEP_READ ? *slot(&n->step.block.first) : NULL;

	answer->answer = kind == STEP_READ && !there ? ENGINE_NONE : ENGINE_OK;
	if (writes)
		answer->answer = put_do(&n->step.block, kind == STEP_DELETE);
	else if (kind == STEP_LIST)
		list_do(n);
	else if (kind == STEP_POOL)
		answer->answer = pool_do(n);
	answer->has_seen = there && is_seen(n, answer->answer);
	if (answer->has_seen)
		answer->seen = *there;
}

void call(struct node *n)
{
	const enum step_kind kind = n->step.kind;
	int64_t at;

	n->busy = true;
	w.calls++;
	if (kind == STEP_READ)
		at = served_at(w.reads, READS, READ_US), w.read_calls++;
	else if (kind == STEP_LIST)
		at = served_at(w.reads, READS, READ_US + LIST_US * (int64_t)w.n_blocks),
		w.list_calls++;
	else
		at = served_at(w.writes, WRITES, WRITE_US), w.write_calls++;
	event_at(at, done, n);
}
