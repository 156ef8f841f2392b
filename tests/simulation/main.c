/* SPDX-License-Identifier: Apache-2.0 */
/* Many nodes and one engine, simulated: the claims are decided by the code of podtap-addresses.
 * The engine takes 0.5 ms for a read in 64 slots, 3 ms for a write in 8 slots, and the way to it
 * takes 0.5 ms.
 *
 *     simulation fill NODES SUBNET    ADDs one after another until the first one is refused
 *     simulation half NODES SUBNET    ADDs one after another until half of the pool is given
 *     simulation start NODES SUBNET   one ADD on each node, all at once
 *     simulation burst NODES SUBNET   one ADD on each node, within a second
 *     simulation churn NODES SUBNET   ADDs and DELs in a pool that is nearly full
 *
 * A fourth word, kubernetes: a conflict does not show the block as it is, as it does with etcd.
 * Prints one line: what was given, refused, how long it took, and the calls to the engine.
 */
#include "tests/simulation/world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void node_run(struct node *n);

static void wrong(const char *what)
{
	printf("at %lld ms %s\n", (long long)ms(), what);
	exit(1);
}

/* No address has two users, and a node that knows the version of a block knows its claims. */
static void check(const struct node *n)
{
	for (size_t i = 0; i < n->claimer.n_stakes; i++) {
		const struct stake *h = &n->claimer.stakes[i];
		const struct address_block *there = stored(&h->block.first);
		if (h->used && (!there || h->used & (mask)~claimer_own_any(&n->claimer, there)))
			wrong("a node uses what it does not hold");
		if (there && !h->behind && strcmp(h->block.version, there->version) == 0 &&
		    (h->block.n_claims != there->n_claims ||
		     memcmp(h->block.claims, there->claims, sizeof there->claims) != 0))
			wrong("a node knows a block wrongly");
	}
}

static void wake(struct event *e)
{
	if (e->generation == e->node->generation)
		node_run(e->node);
}

void published(struct event *e)
{
	(void)e;
	for (size_t i = 0; i < w.n_nodes; i++) {
		claimer_pool(&w.nodes[i].claimer, w.published, ms());
		node_run(&w.nodes[i]);
	}
}

void answered(struct event *e)
{
	struct node *n = e->node;

	n->busy = false;
	if (n->step.kind == STEP_POOL && e->answer == ENGINE_OK)
		claimer_pool(&n->claimer, w.published, ms());
	claimer_answer(&n->claimer, &n->step, e->answer, e->has_seen ? &e->seen : NULL, 0, ms());
	node_run(n);
}

/* Gives an address that the node holds. */
static bool give(struct node *n)
{
	for (size_t i = 0; i < n->claimer.n_stakes; i++) {
		struct stake *h = &n->claimer.stakes[i];
		const mask idle = claimer_served(&n->claimer, h) & (mask)~h->used;
		if (!idle)
			continue;
		claimer_use(h, h->used | (mask)(idle & -idle), ms());
		n->given++;
		w.given++;
		w.last_given = w.now;
		return true;
	}
	return false;
}

/* Returns since when the oldest ADD has waited, which waits no longer. */
static int64_t add_over(struct node *n)
{
	const int64_t since = n->since[0];

	memmove(n->since, n->since + 1, --n->waiting * sizeof *n->since);
	return since;
}

static void node_run(struct node *n)
{
	while (n->waiting && give(n)) {
		const int64_t waited = w.now - add_over(n);
		w.wait_sum += waited;
		w.wait_most = waited > w.wait_most ? waited : w.wait_most;
	}
	check(n);
	claimer_wait(&n->claimer, n->waiting, ms());
	if (n->busy)
		return;
	n->generation++;
	for (;;) {
		claimer_next(&n->claimer, ms(), &n->step);
		if (n->step.kind != STEP_WITHDRAW)
			break;
		for (size_t i = 0; i < n->claimer.n_stakes; i++)
			claimer_prove(&n->claimer.stakes[i], n->claimer.stakes[i].used);
	}
	if (n->step.kind != STEP_NONE) {
		call(n);
		return;
	}
	if (n->step.wake >= 0)
		event_at((n->step.wake + 1) * 1000 > w.now ? (n->step.wake + 1) * 1000
		                                           : w.now + 1000,
		         wake, n)
		        ->generation = n->generation;
}

static void refuse(struct event *e)
{
	struct node *n = e->node;

	while (n->waiting && w.now - n->since[0] >= ADD_WAIT_US) {
		add_over(n);
		w.refused++;
	}
	node_run(n);
}

static void add(struct event *e)
{
	struct node *n = e->node;

	n->claimer.wanted = true;
	if (n->waiting == WAITING_MAX)
		wrong("more ADDs wait than there is room for");
	n->since[n->waiting++] = w.now;
	node_run(n);
	if (n->waiting && w.impatient)
		event_at(w.now + ADD_WAIT_US, refuse, n);
}

static void delete (struct event *e)
{
	for (size_t tries = 0; tries < w.n_nodes * 4; tries++) {
		struct node *n = &w.nodes[dice(w.n_nodes)];
		if (!n->given)
			continue;
		struct stake *h = &n->claimer.stakes[dice(n->claimer.n_stakes)];
		if (!h->used)
			continue;
		claimer_use(h, h->used & (mask)(h->used - 1), ms());
		n->given--;
		e->node = n;
		node_run(n);
		return;
	}
}

static void world_begin(size_t nodes, const char *subnet)
{
	struct pool_set *set = &w.pool.sets[0];
	struct failure f = { 0 };

	w.random = 88172645463325252u;
	if (!cidr_parse(subnet, &set->range.subnet) || range_complete(&set->range, &f) < 0) {
		fprintf(stderr, "%s: %s %s\n", subnet, f.msg, f.details);
		exit(2);
	}
	snprintf(w.pool.name, sizeof w.pool.name, "lan");
	w.pool.n_sets = 1;
	w.pool.spare = 2;
	w.pool.max_per_node = 256;
	w.n_blocks = set_blocks(set);
	w.store = need(calloc(w.n_blocks, sizeof *w.store));
	w.published = &w.pool;
	w.n_nodes = nodes;
	w.nodes = need(calloc(nodes, sizeof *w.nodes));
	for (size_t i = 0; i < nodes; i++) {
		struct node *n = &w.nodes[i];
		snprintf(n->me.node, sizeof n->me.node, "node-%zu", i);
		snprintf(n->me.uid, sizeof n->me.uid, "00000000-0000-4000-8000-%012zu", i);
		claimer_begin(&n->claimer, &n->me, "lan");
		n->claimer.shown = w.shows;
		claimer_pool(&n->claimer, w.published, 0);
	}
}

static void run_until(int64_t end)
{
	while (w.n && w.heap[0]->at <= end) {
		struct event *e = event_take();
		w.now = e->at;
		e->run(e);
		free(e);
	}
	w.now = end;
}

static void fill(uint64_t most)
{
	while (!w.refused && w.given < most) {
		add(&(struct event){ .node = &w.nodes[dice(w.n_nodes)] });
		run_until(w.now + 250000);
	}
}

/* DEL and ADD in turn, until the world has seen as many as it has addresses, twice. */
static void churn(void)
{
	const uint64_t size = set_size(&w.pool.sets[0]);

	while (w.given < size * 9 / 10)
		add(&(struct event){ .node = &w.nodes[dice(w.n_nodes)] }),
		        run_until(w.now + 250000);
	w.calls = w.given = 0;
	while (w.given < 2 * size && !w.refused) {
		delete (&(struct event){ .node = NULL });
		run_until(w.now + 125000);
		add(&(struct event){ .node = &w.nodes[dice(w.n_nodes)] });
		run_until(w.now + 125000);
	}
}

int main(int argc, char **argv)
{
	if (argc < 4)
		return 2;
	w.shows = argc == 4;
	world_begin(strtoul(argv[2], NULL, 10), argv[3]);
	w.impatient = true;
	if (strcmp(argv[1], "fill") == 0)
		fill(UINT64_MAX);
	else if (strcmp(argv[1], "half") == 0)
		fill(set_size(&w.pool.sets[0]) / 2);
	else if (strcmp(argv[1], "churn") == 0)
		churn();
	else {
		w.impatient = false;
		for (size_t i = 0; i < w.n_nodes; i++)
			event_at(argv[1][0] == 'b' ? (int64_t)dice(1000000) : 0, add, &w.nodes[i]);
		run_until(60000000);
	}
	uint32_t usable = 0;
	for (uint32_t i = 0; i < w.n_blocks; i++) {
		const struct ip first = set_block(&w.pool.sets[0], i);
		usable += mask_count(set_usable(&w.pool.sets[0], &first));
	}
	printf("usable %u given %llu refused %llu last_ms %lld wait_most_ms %lld calls %llu reads "
	       "%llu "
	       "writes %llu lists %llu calls_per_add %.3f\n",
	       usable, (unsigned long long)w.given, (unsigned long long)w.refused,
	       (long long)w.last_given / 1000, (long long)w.wait_most / 1000,
	       (unsigned long long)w.calls, (unsigned long long)w.read_calls,
	       (unsigned long long)w.write_calls, (unsigned long long)w.list_calls,
	       (double)w.calls / (double)(w.given ? w.given : 1));
	return 0;
}
