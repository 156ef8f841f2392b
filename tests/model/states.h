/* SPDX-License-Identifier: Apache-2.0 */
/* The states that were reached: worlds in few bytes, each once. */
#ifndef TESTS_MODEL_STATES_H
#define TESTS_MODEL_STATES_H

#include "tests/model/world.h"

/* A block as a state has it. Versions are numbered by their order. Of one that is compared only
 * with the block's it matters whether it is the same: what it is not, it never becomes again. */
enum { FORMER = 255 };
struct small_block {
	uint8_t version; /* 0: none */
	uint8_t claims[NODES][CLAIM_LOST + 1];
};

/* What one node says to the other of an address that it hands over. */
struct small_answer {
	uint8_t there, current, known, addresses, before, version;
};

struct small_node {
	uint8_t stage, used, file, waiting, add, current, add_file;
	uint8_t told_waiting, probed, exhausted, empty, scarce;
	uint8_t known, leaving, unsure, proved, doubtful; /* of the one block, if it is known */
	uint8_t asks[NODES], told, has_asked, newest, offered, behind;
	struct small_answer handing, owed, answer; /* the answer is in the pool, for this node */
	struct small_block written;                /* as the owed answer's write left it */
	uint8_t candidate; /* it knows the block as it is, and may claim from it */
	struct small_block block;
};

/* A world without what is told again before it is used, and what is only a hint where to look. Time
 * always passes: nothing waits for it. */
struct small {
	struct small_node nodes[NODES];
	struct small_block block, latest; /* the pool has the second */
	uint8_t exists, asks[NODES];
	struct {
		uint8_t there, removes;
		struct small_block block;
	} late[LATE_MAX];
};

struct state {
	struct small small;
	uint8_t node, event; /* that led here */
	uint32_t from, depth;
};

extern struct state *states;
extern uint32_t n_states;

/* Returns false without memory. */
bool states_begin(void);

void pack(const struct world *w, struct small *to);
void unpack(const struct small *from, struct world *w);

/* Add a state that is new, as the last one: the event of a node that led to it, from another one.
 */
void state_add(struct small *small, uint32_t from, int node, int event);

#endif
