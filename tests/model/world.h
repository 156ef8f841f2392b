/* SPDX-License-Identifier: Apache-2.0 */
/* The world of the model: two nodes, one block with two addresses, and the engine. */
#ifndef TESTS_MODEL_WORLD_H
#define TESTS_MODEL_WORLD_H

#include "expose/addresses/claim.h"

enum { NODES = 2, LATE_MAX = 1, NOW = 1000 };

/* A request in the pool: none, one of the node's process, or one that it does not remember. */
enum request { NOT_ASKED, ASKED, ASKED_BEFORE };

enum agent_stage { RUNNING, DECIDED, WITHDRAWN, STARTED };

struct node {
	struct claimer claimer;
	enum agent_stage stage;
	mask used; /* the store */
	mask file; /* the pool's file */
	bool waiting;
	bool add;     /* an ADD has read the file, and waits for the store's lock */
	bool current; /* the file is as the ADD read it */
	mask add_file;
	enum request asks[NODES]; /* what it knows of the pool */
	bool told;                /* it knows the newest pool */
};

struct late {
	bool there, removes;
	struct address_block block;
};

/* An answer to a node in the pool. */
struct answer {
	bool there;
	bool current; /* it is to the newest request of the process */
	bool known;   /* the node has seen it */
	mask addresses;
	uint64_t before, version;
};

struct world {
	struct node nodes[NODES];
	struct address_block block;
	bool exists;
	uint64_t versions;        /* the newest one */
	enum request asks[NODES]; /* the pool says that this node waits */
	struct answer answers[NODES];
	struct address_block latest; /* in the pool: a block as an answer's write left it */
	bool deleting;
	struct late late[LATE_MAX];
};

extern struct claimant claimants[NODES];
extern struct address_pool pool; /* as the world has it that is looked at */
extern const char *guard;        /* that is left out; "": none */

extern bool shown; /* a conflict shows the block */

/* Returns whether this guard is left out. */
bool without(const char *name);

void node_begin(struct node *n, int i);

/* What a world owns comes from here, and goes back by world_release(). */
struct stake *stake_new(void);
struct candidate *candidates_new(void);
void world_release(struct world *w);
void world_copy(struct world *to, const struct world *from);

/* Every claimer borrows the one pool: makes it what a node knows of it, or the world's; the second
 * adds the answers. */
void pool_load(const struct world *w, const enum request asks[static NODES]);
void answers_load(const struct world *w);

/* Returns the id of a request. */
uint64_t request_id(const struct world *w, int node, enum request kind);

#endif
