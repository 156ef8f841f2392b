/* SPDX-License-Identifier: Apache-2.0 */
/* The simulated world: nodes, one engine, and what happens when. */
#ifndef TESTS_SIMULATION_WORLD_H
#define TESTS_SIMULATION_WORLD_H

#include "expose/addresses/claim.h"

enum { READ_US = 500, WRITE_US = 3000, WAY_US = 500, LIST_US = 20, READS = 64, WRITES = 8 };
enum { ADD_WAIT_US = 2000000, WAITING_MAX = 64 };

struct node {
	struct claimer claimer;
	struct claimant me;
	struct step step;
	bool busy; /* a call is under way */
	unsigned waiting;
	int64_t since[WAITING_MAX]; /* of each ADD that waits, the oldest first */
	unsigned generation;
	unsigned given;
};

struct event {
	int64_t at;
	uint64_t order;
	void (*run)(struct event *e);
	struct node *node;
	unsigned generation;
	enum engine_answer answer;
	struct address_block seen;
	bool has_seen;
};

struct kept {
	struct kept *former;
	struct address_pool pool;
};

struct world {
	int64_t now;
	uint64_t order;
	struct event **heap;
	size_t n, room;
	int64_t reads[READS], writes[WRITES];
	struct address_block **store;
	uint32_t n_blocks;
	uint64_t version;
	struct address_pool pool;
	struct address_pool *published;
	struct kept *kept; /* all that were published: nodes borrow every one until the next */
	struct node *nodes;
	size_t n_nodes;
	uint64_t calls, pool_version, read_calls, write_calls, list_calls;
	uint64_t given, refused, random;
	bool shows;     /* a conflict shows the block */
	bool impatient; /* ADDs give up; else a runtime calls again */
	int64_t last_given, wait_sum, wait_most;
};

extern struct world w;

/* Returns a number below n; every run has the same ones. */
uint64_t dice(uint64_t n);

/* Returns the memory, or ends the program. */
void *need(void *memory);

/* Returns the time in milliseconds. */
int64_t ms(void);

/* Let something happen at a time, in microseconds. event_take() returns the next; the caller frees
 * it. */
struct event *event_at(int64_t at, void (*run)(struct event *), struct node *node);
struct event *event_take(void);

/* Returns the block that the engine has, or NULL. */
const struct address_block *stored(const struct ip *first);

/* Ask the engine for the node's step. answered() gets the answer, published() a changed pool. */
void call(struct node *n);
void answered(struct event *e);
void published(struct event *e);

#endif
