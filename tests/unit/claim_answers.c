/* SPDX-License-Identifier: Apache-2.0 */
/* What a node believes of what other nodes say in a pool. */
#include "expose/addresses/claim.h"
#include "tests/unit/unit.h"

enum { NOW = 1000000 };

static const struct claimant me = { .node = "a", .uid = "uid-a" };
static const mask given_bit = 1u << 3, other_bit = 1u << 9;

struct scene {
	struct address_pool pool;
	struct claimer claimer;
	struct ip first; /* of the only block */
	uint64_t ask;    /* of our request */
};

/* The node has asked for an address. */
static void scene_begin(struct scene *s, struct verdict *v)
{
	struct failure f = { 0 };
	struct step step;

	*s = (struct scene){ .pool = { .name = "lan", .n_sets = 1, .max_per_node = 16 } };
	s->pool.finalizer = true;
	struct range *r = &s->pool.sets[0].range;
	expect(v, cidr_parse("10.0.0.0/24", &r->subnet) && range_complete(r, &f) == 0, "%s", f.msg);
	s->first = set_block(&s->pool.sets[0], 0);
	claimer_begin(&s->claimer, &me, "lan");
	claimer_pool(&s->claimer, &s->pool, NOW);
	claimer_wait(&s->claimer, 1, NOW);
	expect(v, claimer_ask(&s->claimer, 1, 1, NOW, &step), "it does not ask");
	s->ask = s->claimer.ask;
}

static struct address_block block_with(const struct scene *s, mask own, const char *version)
{
	struct address_block b = { .pool = "lan", .first = s->first };

	snprintf(b.version, sizeof b.version, "%s", version);
	if (own)
		block_assign(&b, own, &me, CLAIM_ACTIVE);
	return b;
}

/* The pool says what a request got. */
static void answer_tell(struct scene *s, mask addresses, uint64_t id, const char *version)
{
	struct pool_handed *h = &s->pool.handed[s->pool.n_handed++];

	*h = (struct pool_handed){ .id = id, .first = s->first, .addresses = addresses };
	snprintf(h->node, sizeof h->node, "%s", me.node);
	snprintf(h->uid, sizeof h->uid, "%s", me.uid);
	snprintf(h->before, sizeof h->before, "1");
	snprintf(h->version, sizeof h->version, "%s", version);
	claimer_pool(&s->claimer, &s->pool, NOW);
}

static mask served(const struct scene *s)
{
	const struct stake *h = claimer_find(&s->claimer, &s->first);

	return h ? claimer_served(&s->claimer, h) : 0;
}

static enum step_kind next(struct scene *s)
{
	struct step step;

	claimer_next(&s->claimer, NOW, &step);
	return step.kind;
}

static void an_answer_to_our_request_is_as_good_as_a_read(struct verdict *v)
{
	struct scene s;

	scene_begin(&s, v);
	answer_tell(&s, given_bit, s.ask, "7");
	expect(v, served(&s) == given_bit, "it serves %x", served(&s));
	claimer_wait(&s.claimer, 0, NOW);
	expect(v, next(&s) != STEP_READ, "it reads the block");
	claimer_release(&s.claimer);
}

static void an_answer_to_another_request_has_the_block_read(struct verdict *v)
{
	struct scene s;

	scene_begin(&s, v);
	answer_tell(&s, given_bit, s.ask + 1, "7");
	expect(v, served(&s) == 0, "it serves %x", served(&s));
	expect(v, next(&s) == STEP_READ, "it does not read the block");
	claimer_release(&s.claimer);
}

/* The node that gave the address wrote the block, and then the pool, late: meanwhile a list had
 * shown us the address, and we gave it back. */
static void an_answer_that_is_older_than_a_block_we_know_has_the_block_read(struct verdict *v)
{
	struct scene s;

	scene_begin(&s, v);
	const struct address_block listed = block_with(&s, given_bit, "7");
	struct step back = { .kind = STEP_PUT, .block = block_with(&s, 0, "9") };
	claimer_own(&s.claimer, &listed, NOW);
	claimer_answer(&s.claimer, &back, ENGINE_OK, NULL, 0, NOW);
	answer_tell(&s, given_bit, s.ask, "7");
	expect(v, served(&s) == 0, "it serves %x, which another node may have", served(&s));
	expect(v, next(&s) == STEP_READ, "it does not read the block");
	claimer_release(&s.claimer);
}

static void an_answer_changes_nothing_where_the_block_is_known_as_it_was_later(struct verdict *v)
{
	struct scene s;

	scene_begin(&s, v);
	const struct address_block listed = block_with(&s, other_bit, "9");
	claimer_own(&s.claimer, &listed, NOW);
	claimer_vouch(claimer_find(&s.claimer, &s.first), other_bit);
	answer_tell(&s, given_bit, s.ask, "7");
	expect(v, served(&s) == other_bit, "it serves %x", served(&s));
	claimer_wait(&s.claimer, 0, NOW);
	expect(v, next(&s) != STEP_READ, "it reads the block");
	claimer_release(&s.claimer);
}

static const struct claimant other = { .node = "b", .uid = "uid-b" };

/* The block as the node that gave left it: it has the other address. */
static struct address_block block_shared(const struct scene *s, mask own, const char *version)
{
	struct address_block b = block_with(s, own, version);

	block_assign(&b, other_bit, &other, CLAIM_ACTIVE);
	return b;
}

static void an_answer_with_its_block_saves_the_read_before_the_next_write(struct verdict *v)
{
	struct scene s;

	scene_begin(&s, v);
	s.pool.latest = block_shared(&s, given_bit, "7");
	answer_tell(&s, given_bit, s.ask, "7");
	const struct stake *h = claimer_find(&s.claimer, &s.first);
	expect(v, served(&s) == given_bit, "it serves %x", served(&s));
	expect(v, h && !h->behind && block_own(&h->block, other.uid, CLAIM_ACTIVE) == other_bit,
	       "it does not know what the other node has");
	claimer_release(&s.claimer);
}

static void an_answer_with_a_block_of_another_version_says_nothing_of_others(struct verdict *v)
{
	struct scene s;

	scene_begin(&s, v);
	s.pool.latest = block_shared(&s, given_bit, "8");
	answer_tell(&s, given_bit, s.ask, "7");
	const struct stake *h = claimer_find(&s.claimer, &s.first);
	expect(v, served(&s) == given_bit, "it serves %x", served(&s));
	expect(v, h && h->behind, "it believes that it knows the block");
	claimer_release(&s.claimer);
}

/* The node has an address of the block, as version 5 says. The pool, of version 20, has the block
 * as another node left it. Returns whether ours believes that. */
static bool learns(struct verdict *v, const char *version, const char *seen_beside)
{
	struct scene s = { .ask = 0 };

	scene_begin(&s, v);
	const struct address_block listed = block_with(&s, given_bit, "5");
	struct address_block beside = { .pool = "lan", .first = set_block(&s.pool.sets[0], 1) };
	snprintf(beside.version, sizeof beside.version, "%s", seen_beside);
	claimer_own(&s.claimer, &listed, NOW);
	claimer_seen(&s.claimer, &beside);
	s.pool.latest = block_shared(&s, given_bit, version);
	snprintf(s.pool.version, sizeof s.pool.version, "20");
	claimer_pool(&s.claimer, &s.pool, NOW);
	const struct stake *h = claimer_find(&s.claimer, &s.first);
	const bool learnt = h && strcmp(h->block.version, version) == 0;
	claimer_release(&s.claimer);
	return learnt;
}

static void a_block_that_another_node_changed_is_known_by_the_pool(struct verdict *v)
{
	expect(v, learns(v, "7", "6"), "it does not know the block");
	expect(v, !learns(v, "4", "3"), "it believes what is older than its own read");
	expect(v, !learns(v, "7", "8"), "it believes what may be older than its own write");
	expect(v, !learns(v, "21", "6"), "it believes what is newer than the pool");
}

static void a_pool_that_is_deleted_keeps_its_finalizer_while_we_have_addresses(struct verdict *v)
{
	struct scene s;

	scene_begin(&s, v);
	const struct address_block listed = block_with(&s, given_bit, "7");
	claimer_own(&s.claimer, &listed, NOW);
	s.pool.deleting = true;
	claimer_edit(&s.claimer, &s.pool);
	expect(v, s.pool.finalizer, "the finalizer is gone");
	claimer_release(&s.claimer);
}

int main(void)
{
	static const struct unit units[] = {
		UNIT(an_answer_to_our_request_is_as_good_as_a_read),
		UNIT(an_answer_to_another_request_has_the_block_read),
		UNIT(an_answer_that_is_older_than_a_block_we_know_has_the_block_read),
		UNIT(an_answer_changes_nothing_where_the_block_is_known_as_it_was_later),
		UNIT(an_answer_with_its_block_saves_the_read_before_the_next_write),
		UNIT(an_answer_with_a_block_of_another_version_says_nothing_of_others),
		UNIT(a_block_that_another_node_changed_is_known_by_the_pool),
		UNIT(a_pool_that_is_deleted_keeps_its_finalizer_while_we_have_addresses),
	};
	return units_run(units, COUNT_OF(units));
}
