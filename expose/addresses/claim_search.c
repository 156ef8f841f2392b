/* SPDX-License-Identifier: Apache-2.0 */
/* Where a node looks for free addresses of a pool, and how many it takes. */
#include "expose/addresses/claim.h"

#include <string.h>

enum {
	FRESH_MS = 1000,
	PROBES = 4,            /* before all blocks are listed */
	SPARE_LIST_MS = 60000, /* between lists that only spare addresses need */
	SEEN_MOST = 1 << 24,   /* blocks; more are never crowded */
	SMALLEST = 4,          /* addresses of a claim, unless the pool is tight */
	TIGHT = 2,             /* eighths of a set's addresses: fewer are free */
	TIGHT_STILL = 3,
	SURVEYS = 2,     /* of all nodes together in five minutes, when all addresses are claimed */
	SMALL_POOL = 64, /* blocks: to list them costs less than to read some in turn */
	SMALLEST_SHARE = 8, /* a claim is at most this part of the pool */
};

void search_release(struct search *s)
{
	free(s->candidates);
	free(s->seen);
	*s = (struct search){ .candidates = NULL };
}

static unsigned power_up(uint32_t n)
{
	unsigned size = 1;

	while (size < n && size < BLOCK_SIZE)
		size *= 2;
	return size;
}

static unsigned power_down(uint64_t n)
{
	unsigned size = BLOCK_SIZE;

	while (size > n && size > 1)
		size /= 2;
	return size;
}

static uint32_t used_count(const struct claimer *c)
{
	uint32_t n = 0;

	for (size_t i = 0; i < c->n_stakes; i++)
		n += mask_count(c->stakes[i].used);
	return n;
}

/* What the node saw last counts until the pool says it. */
bool claimer_tight(const struct claimer *c)
{
	return c->search.judged ? c->search.tight : c->pool && c->pool->nearly_full;
}

unsigned claimer_size(const struct claimer *c, size_t set, uint32_t need)
{
	const uint32_t used = used_count(c) > SMALLEST ? used_count(c) : SMALLEST;
	const unsigned size = c->pool->size ? c->pool->size : power_up(used > need ? used : need);
	const unsigned share = power_down(set_size(&c->pool->sets[set]) / SMALLEST_SHARE);

	return size < share ? size : share;
}

static uint32_t held_count(const struct claimer *c)
{
	uint32_t n = 0;

	for (size_t i = 0; i < c->n_stakes; i++)
		n += mask_count(block_own(&c->stakes[i].block, c->me->uid, CLAIM_ACTIVE));
	return n;
}

bool claimer_surveys(struct claimer *c)
{
	uint64_t size = 0;

	for (size_t i = 0; claimer_open(c) && i < c->pool->n_sets; i++)
		size += set_size(&c->pool->sets[i]);
	return size && claimer_random(c, size) < (uint64_t)SURVEYS * held_count(c);
}

/* Claims addresses of a block. Returns whether it has a free one. */
static bool claim_from(const struct claimer *c, const struct address_block *b, unsigned size,
                       struct step *step)
{
	const mask usable = set_usable(&c->pool->sets[c->search.set], &b->first);
	const mask got = mask_pick(usable, block_claimed(b), size);

	if (!got)
		return false;
	step->kind = STEP_PUT;
	step->block = *b;
	block_assign(&step->block, got, c->me, CLAIM_ACTIVE);
	return true;
}

bool claimer_is_stale(const struct claimer *c, const struct address_block *b, int64_t read_at,
                      int64_t now)
{
	if (now - read_at < FRESH_MS ||
	    (now < c->search.full_until && read_at >= c->search.full_from))
		return false;
	for (size_t i = 0; i < b->n_claims; i++)
		if (strcmp(b->claims[i].uid, c->me->uid) != 0)
			return true;
	return !*b->version && now < c->search.full_until;
}

bool claimer_must_read(const struct claimer *c, const struct stake *h, int64_t now)
{
	return h->behind || (!c->shown && claimer_is_stale(c, &h->block, h->read_at, now));
}

/* In a small pool that is nearly full, one list shows more than a block that most likely has
 * nothing free any more. */
static bool is_better_listed(const struct claimer *c, const struct address_block *b,
                             int64_t read_at, int64_t now)
{
	const bool small = set_blocks(&c->pool->sets[c->search.set]) <= SMALL_POOL;

	return (now < c->search.full_until || (c->waiting && claimer_tight(c) && small)) &&
	       claimer_is_stale(c, b, read_at, now);
}

/* Writes a block, or reads it first: what is stale may cost a conflict, which shows the block, or
 * does not. */
static bool claim_or_read(struct claimer *c, const struct address_block *b, int64_t read_at,
                          int64_t now, struct step *step)
{
	step->stale = claimer_is_stale(c, b, read_at, now);
	return !step->stale || c->shown || claimer_read_first(c, b, step);
}

static bool from_stakes(struct claimer *c, unsigned size, int64_t now, struct step *step)
{
	for (size_t i = 0; i < c->n_stakes; i++) {
		const struct stake *h = &c->stakes[i];
		if (h->behind || is_better_listed(c, &h->block, h->read_at, now))
			continue;
		if (claim_from(c, &h->block, size, step))
			return claim_or_read(c, &h->block, h->read_at, now, step);
	}
	return false;
}

/* A candidate serves once: then it is a stake, or is read again. */
static bool from_candidates(struct claimer *c, unsigned size, int64_t now, struct step *step)
{
	struct search *s = &c->search;

	while (s->n_candidates) {
		const size_t at = claimer_random(c, s->n_candidates);
		const struct candidate k = s->candidates[at];
		s->candidates[at] = s->candidates[--s->n_candidates];
		if (is_better_listed(c, &k.block, k.read_at, now))
			continue;
		if (!claimer_find(c, &k.block.first) && claim_from(c, &k.block, size, step))
			return claim_or_read(c, &k.block, k.read_at, now, step);
	}
	return false;
}

static bool from_probes(struct claimer *c, unsigned size, struct step *step)
{
	struct search *s = &c->search;
	const struct pool_set *set = &c->pool->sets[s->set];
	const uint32_t n = set_blocks(set), most = n / PROBES < PROBES ? n / PROBES : PROBES;

	while (!s->crowded && !claimer_tight(c) && s->probes < (most ? most : 1)) {
		struct address_block b = { .first = set_block(set, s->place % n) };
		memcpy(b.pool, c->name, sizeof b.pool);
		s->probes++;
		s->place = s->place % n + 1;
		/* The first one is probably free. Where that is not so, to read costs less. */
		if (!claimer_find(c, &b.first) && claim_from(c, &b, size, step))
			return c->shown || s->probes == 1 || claimer_read_first(c, &b, step);
	}
	return false;
}

void search_candidate(struct claimer *c, const struct address_block *b, int64_t now)
{
	struct search *s = &c->search;
	const mask taken = block_claimed(b);
	mask usable = 0;

	claimer_seen(c, b);
	for (size_t i = 0; c->pool && i < c->pool->n_sets; i++)
		usable |= set_usable(&c->pool->sets[i], &b->first);
	if (!claimer_open(c) && !*b->version) /* it has no claim */
		return;
	if (!(usable & (mask)~taken))
		return;
	if (!s->candidates)
		s->candidates = calloc(CANDIDATES_MAX, sizeof *s->candidates);
	if (!s->candidates)
		return;
	/* Of many, each remains with the same probability: nodes that list at the same time take
	 * different ones. */
	s->n_with_room++;
	size_t at = s->n_candidates;
	if (at == CANDIDATES_MAX)
		at = claimer_random(c, s->n_with_room);
	else
		s->n_candidates++;
	if (at < CANDIDATES_MAX)
		s->candidates[at] = (struct candidate){ *b, now };
}

void claimer_list_begin(struct claimer *c)
{
	struct search *s = &c->search;
	const uint32_t n = claimer_open(c) ? set_blocks(&c->pool->sets[s->set]) : 0;

	s->n_candidates = s->n_with_room = s->n_all = 0;
	memset(s->listed, 0, sizeof s->listed);
	free(s->seen);
	s->seen = n && n <= SEEN_MOST ? calloc(n / 8 + 1, 1) : NULL;
}

static void sets_visit(struct claimer *c, const struct address_block *b)
{
	struct search *s = &c->search;
	uint32_t index;

	for (size_t i = 0; claimer_open(c) && i < c->pool->n_sets; i++) {
		const struct pool_set *set = &c->pool->sets[i];
		if (!set_index(set, &b->first, &index))
			continue;
		s->listed[i].n_blocks++;
		s->listed[i].n_free +=
		        mask_count(set_usable(set, &b->first) & (mask)~block_claimed(b));
		if (s->seen && i == s->set)
			s->seen[index / 8] |= (uint8_t)(1u << index % 8);
	}
}

void claimer_list_visit(struct claimer *c, const struct address_block *b, int64_t now)
{
	c->search.n_all += *b->version != '\0';
	sets_visit(c, b);
	for (size_t i = 0; i < b->n_claims; i++)
		if (!b->claims[i].owner && strcmp(b->claims[i].uid, c->me->uid) == 0) {
			claimer_own(c, b, now);
			return;
		}
	search_candidate(c, b, now);
}

/* Adds blocks that do not exist yet. */
static void absent_add(struct claimer *c, const struct pool_set *set, uint32_t n, int64_t now)
{
	struct search *s = &c->search;
	uint32_t at = (uint32_t)claimer_random(c, n);

	for (uint32_t i = 0; i < n && s->n_candidates < CANDIDATES_MAX; i++, at = (at + 1) % n) {
		struct address_block b = { .first = set_block(set, at) };
		memcpy(b.pool, c->name, sizeof b.pool);
		if (!(s->seen[at / 8] >> at % 8 & 1))
			search_candidate(c, &b, now);
	}
}

static uint32_t absent_count(const struct claimer *c, size_t set)
{
	const uint32_t n = set_blocks(&c->pool->sets[set]), seen = c->search.listed[set].n_blocks;

	return seen < n ? n - seen : 0;
}

/* Returns whether few addresses of a set are free. */
static bool is_tight(const struct claimer *c, size_t set)
{
	const uint64_t n_free =
	        c->search.listed[set].n_free + (uint64_t)absent_count(c, set) * BLOCK_SIZE;

	return n_free * 8 <
	       set_size(&c->pool->sets[set]) * (c->pool->nearly_full ? TIGHT_STILL : TIGHT);
}

/* Returns whether a block in which the node has addresses has a free one. */
static bool stakes_have_room(const struct claimer *c)
{
	for (size_t i = 0; claimer_open(c) && i < c->n_stakes; i++) {
		const struct address_block *b = &c->stakes[i].block;
		if (set_usable(&c->pool->sets[c->search.set], &b->first) & (mask)~block_claimed(b))
			return true;
	}
	return false;
}

void search_listed(struct claimer *c, int64_t now)
{
	struct search *s = &c->search;

	if (claimer_open(c)) {
		const struct pool_set *set = &c->pool->sets[s->set];
		const uint32_t n = set_blocks(set);
		if (s->seen)
			absent_add(c, set, n, now);
		s->crowded = absent_count(c, s->set) <= n / 2;
		s->judged = true;
		s->tight = false;
		for (size_t i = 0; i < c->pool->n_sets; i++)
			s->tight |= is_tight(c, i);
	}
	free(s->seen);
	s->seen = NULL;
	s->exhausted = s->n_candidates == 0 && !stakes_have_room(c);
	if (s->exhausted)
		claimer_full(c, now);
	else
		s->full_until = 0;
	s->not_again = now + SPARE_LIST_MS;
}

bool claimer_asks(const struct claimer *c)
{
	for (size_t i = 0; i < c->pool->n_waiting; i++)
		if (strcmp(c->pool->waiting[i].uid, c->me->uid) == 0)
			return true;
	return false;
}

static bool set_search(struct claimer *c, uint32_t need, uint32_t most, int64_t now,
                       struct step *step)
{
	struct search *s = &c->search;
	unsigned size = claimer_size(c, s->set, need);

	if (claimer_tight(c) && !c->pool->size && power_up(need + 1) < size)
		size = power_up(need + 1);
	if (from_stakes(c, size, now, step) || from_candidates(c, size, now, step) ||
	    from_probes(c, size, step))
		return true;
	if (!c->waiting && now < s->not_again) {
		step->wake = s->not_again;
		return false;
	}
	if (c->waiting && now < c->answer_by) {
		step->wake = c->answer_by;
		return false;
	}
	if (c->waiting && !claimer_asks(c) && (s->exhausted || now < s->full_until))
		return claimer_ask(c, need, most, now, step);
	step->kind = STEP_LIST;
	return true;
}

bool claimer_search(struct claimer *c, int64_t now, struct step *step)
{
	const uint32_t target = claimer_target(c, now), held = held_count(c);

	for (size_t i = 0; claimer_open(c) && i < c->pool->n_sets; i++) {
		const uint32_t have = claimer_free(c, i);
		if (have >= target || held >= c->pool->max_per_node)
			continue;
		const uint32_t missing = target - have, most = c->pool->max_per_node - held;
		if (c->search.set != i)
			c->search.n_candidates = c->search.probes = 0;
		c->search.set = i;
		if (set_search(c, missing < most ? missing : most, most, now, step))
			return true;
	}
	return false;
}
