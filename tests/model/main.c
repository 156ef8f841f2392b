/* SPDX-License-Identifier: Apache-2.0 */
/* Every order of events of two nodes and one block with two addresses: the nodes run the protocol
 * of podtap-addresses, and ADDs and DELs use what the pool's file has. Programs are killed between
 * any two steps. Answers of writes get lost, and writes happen late, or never.
 *
 *     model EVENTS            so many events
 *     model EVENTS shown      of an engine that shows, in a conflict, the block as it is
 *     model EVENTS GUARD      without one guard: verify, prove, fence or compare
 *
 * In every state no address has two users, and from one state of 16 all addresses become free when
 * nothing uses them. Prints the number of states, or the events that lead to a violation.
 */
#include "tests/model/events.h"
#include "tests/model/states.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint64_t drained, handed;

static void path_print(uint32_t at)
{
	if (!at)
		return;
	path_print(states[at].from);
	printf("  node %u: %s\n", states[at].node, event_names[states[at].event]);
}

/* Prints how it came to a state. */
static void violation(const char *what, uint32_t at)
{
	printf("%s (the nodes may change places between lines):\n", what);
	path_print(at);
	exit(1);
}

/* Nothing uses any address, and the pool is being deleted: every block must go. */
static void drain_check(uint32_t at)
{
	struct world w;

	unpack(&states[at].small, &w);
	drained++;
	for (int i = 0; i < LATE_MAX; i++)
		late_happens(&w, i);
	w.deleting = true;
	for (int i = 0; i < NODES; i++) {
		w.nodes[i].used = 0;
		w.nodes[i].waiting = w.nodes[i].add = false;
		w.nodes[i].stage = STARTED; /* or the list of five minutes */
		pool_tell(&w, i);
	}
	for (int round = 0; round < 32 && w.exists; round++)
		for (int i = 0; i < NODES; i++) {
			w.nodes[i].claimer.not_before = 0;
			if (!w.nodes[i].told)
				pool_tell(&w, i);
			pool_load(&w, w.nodes[i].asks);
			agent_step(&w, i, ANSWERED);
		}
	if (w.exists)
		violation("an address is lost", at);
	world_release(&w);
}

/* Checks a state, and adds those that follow. */
static void explore(uint32_t at, bool further)
{
	struct world here, w;
	struct small small;

	unpack(&states[at].small, &here);

	for (int i = 0; i < NODES && further; i++)
		for (int e = 0; e < EVENTS; e++) {
			world_copy(&w, &here);
			if (happens(&w, i, (enum event)e)) {
				pack(&w, &small);
				state_add(&small, at, i, e);
			}
			world_release(&w);
		}
	world_release(&here);
	const struct small_node *n = states[at].small.nodes;
	handed += n[0].answer.there || n[1].answer.there;
	if (n[0].used & n[1].used)
		violation("an address has two users", at);
	if (!*guard && at % 16 == 0)
		drain_check(at);
}

/* The beginnings: nothing is claimed, or one node has claimed both addresses. */
static void begin(void)
{
	static struct world w;
	struct small small;

	for (int i = 0; i < NODES; i++) {
		node_begin(&w.nodes[i], i);
		pool_tell(&w, i);
	}
	pack(&w, &small);
	state_add(&small, 0, 0, STEP);
	w.block = (struct address_block){ .pool = "lan", .version = "1" };
	w.block.first = set_block(&pool.sets[0], 0);
	block_assign(&w.block, set_usable(&pool.sets[0], &w.block.first), &claimants[0],
	             CLAIM_ACTIVE);
	w.exists = true;
	w.nodes[0].file = set_usable(&pool.sets[0], &w.block.first);
	pack(&w, &small);
	state_add(&small, 0, 0, ONE_HAS_ALL);
}

int main(int argc, char **argv)
{
	struct failure f = { 0 };
	struct range *r = &pool.sets[0].range;

	const uint32_t most = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 0;
	guard = argc > 2 ? argv[2] : "";
	shown = strcmp(guard, "shown") == 0;
	if (shown)
		guard = "";
	if (!states_begin() || !cidr_parse("10.0.0.0/24", &r->subnet) ||
	    !ip_parse("10.0.0.17", &r->start) || !ip_parse("10.0.0.18", &r->end) ||
	    range_complete(r, &f) < 0)
		return 2;
	snprintf(pool.name, sizeof pool.name, "lan");
	pool.n_sets = 1;
	pool.finalizer = true;
	pool.max_per_node = 16;
	for (int i = 0; i < NODES; i++) {
		snprintf(claimants[i].node, NODE_NAME, "node-%d", i);
		snprintf(claimants[i].uid, NODE_UID, "uid-%d", i);
	}
	begin();
	for (uint32_t at = 0; at < n_states; at++)
		explore(at, states[at].depth < most);
	printf("%u states, at most %u events deep; in %llu of them an address was handed over; "
	       "from "
	       "%llu of them all addresses became free\n",
	       n_states, states[n_states - 1].depth, (unsigned long long)handed,
	       (unsigned long long)drained);
	return 0;
}
