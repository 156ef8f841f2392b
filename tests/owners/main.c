/* SPDX-License-Identifier: Apache-2.0 */
/* Random orders of events of three nodes, one block with two addresses and one VM: the nodes run
 * the protocol of podtap-addresses. Programs are killed between any two steps, answers of writes
 * get lost, and writes happen late, or never.
 *
 *     owners WALKS EVENTS [GUARD]    so many walks of so many events; without one guard: prove,
 *                                    compare or migrates
 *
 * After every event no address has two users, except the source and the target of one migration.
 * After every walk the VM and all endpoints go, and then all addresses become free. Prints the
 * number of events, or the events that lead to a violation.
 */
#include "tests/owners/nodes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EVENTS_MAX = 4096 };

static struct world the_world;
static struct {
	int node;
	enum event event;
} path[EVENTS_MAX];
static size_t n_path;
static uint64_t dice = 88172645463325252u, checked, migrations;

static unsigned roll(unsigned n)
{
	dice ^= dice << 13;
	dice ^= dice >> 7;
	dice ^= dice << 17;
	return (unsigned)(dice >> 33) % n;
}

static void violation(const char *what)
{
	printf("%s:\n", what);
	for (size_t i = 0; i < n_path; i++)
		printf("  node %d: %s\n", path[i].node, event_names[path[i].event]);
	exit(1);
}

/* Counts the nodes that use one address for the VM. A VM that was made again while its former pods
 * run may have two addresses for a while. */
static void vm_check(mask address)
{
	unsigned runs = 0, migrated = 0;

	for (int i = 0; i < NODES; i++) {
		const struct node *n = &world->nodes[i];
		if (n->vm_used != address)
			continue;
		runs++;
		migrated += n->vm == VM_RUNS_MIGRATED;
	}
	if (runs > HOLDERS_MOST)
		violation("a third node has the VM's address");
	if (runs == HOLDERS_MOST && !migrated)
		violation("two nodes have the VM's address without a migration");
	migrations += runs == HOLDERS_MOST;
}

static void check(void)
{
	mask general = 0, vm = 0;

	for (int i = 0; i < NODES; i++) {
		const struct node *n = &world->nodes[i];
		if (n->used & general)
			violation("an address has two users");
		general |= n->used;
		vm |= n->vm_used;
	}
	if (general & vm)
		violation("an address has two users");
	for (mask bit = 1; bit; bit = (mask)(bit << 1))
		if (vm & bit)
			vm_check(bit);
	checked++;
}

static void world_begin(void)
{
	for (int i = 0; i < NODES; i++) {
		claimer_release(&the_world.nodes[i].member.claimer);
		sticky_release(&the_world.nodes[i].member.sticky);
	}
	the_world = (struct world){ .exists = false };
	the_world.block.first = set_block(&pool.sets[0], 0);
	pool.deleting = pool.nearly_full = false;
	pool.finalizer = true;
	pool.n_waiting = 0;
	for (int i = 0; i < NODES; i++)
		node_begin(&the_world.nodes[i], i);
	n_path = 0;
}

static bool is_empty(void)
{
	return !world->exists && !world->bound;
}

/* Nothing uses any address, the VM is deleted, and then the pool: every block and binding must go.
 */
static void drain(void)
{
	if (world->late.kind != LATE_NOTHING)
		late_happens(world);
	world->gone = true;
	for (int i = 0; i < NODES; i++) {
		struct node *n = &world->nodes[i];
		n->used = n->vm_used = 0;
		n->waits = false;
		n->vm = VM_AWAY;
		/* The list of five minutes. */
		happens(i, KILLED);
	}
	for (int round = 0; round < 64 && !is_empty(); round++) {
		pool.deleting = round > 24;
		for (int i = 0; i < NODES; i++)
			happens(i, STEP);
	}
	/* A binding without a claim means nothing, and goes at its next use. */
	if (world->exists)
		violation("an address is lost");
	pool.deleting = false;
}

static void walk(unsigned events)
{
	world_begin();
	while (n_path < events) {
		const int i = (int)roll(NODES);
		/* Steps are what most happens, and the VM moves. */
		const enum event e = (enum event)(roll(2)   ? STEP
		                                  : roll(2) ? roll(VM_ENDS + 1)
		                                            : roll(EVENTS));
		if (!happens(i, e))
			continue;
		path[n_path].node = i;
		path[n_path++].event = e;
		check();
	}
	drain();
}

int main(int argc, char **argv)
{
	struct failure f = { 0 };
	struct range *r = &pool.sets[0].range;

	const unsigned long walks = argc > 1 ? strtoul(argv[1], NULL, 10) : 0;
	const unsigned long events = argc > 2 ? strtoul(argv[2], NULL, 10) : 0;
	guard = argc > 3 ? argv[3] : "";
	world = &the_world;
	if (events > EVENTS_MAX || !cidr_parse("10.0.0.0/24", &r->subnet) ||
	    !ip_parse("10.0.0.17", &r->start) || !ip_parse("10.0.0.18", &r->end) ||
	    range_complete(r, &f) < 0)
		return 2;
	snprintf(pool.name, sizeof pool.name, "lan");
	pool.n_sets = 1;
	pool.finalizer = true;
	pool.max_per_node = 16;
	for (unsigned long i = 0; i < walks; i++)
		walk((unsigned)events);
	printf("%llu events of %lu walks; in %llu of them two nodes had the VM's address\n",
	       (unsigned long long)checked, walks, (unsigned long long)migrations);
	return 0;
}
