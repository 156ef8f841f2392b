/* SPDX-License-Identifier: Apache-2.0 */
/* The world of the model of owners' addresses: three nodes, one block with two addresses, one VM,
 * and the engine. */
#ifndef TESTS_OWNERS_WORLD_H
#define TESTS_OWNERS_WORLD_H

#include "expose/addresses/sticky_steps.h"

enum { NODES = 3, NOW = 1000000 };

/* What a CNI call, and an endpoint, of the VM does on a node. */
enum vm_state { VM_AWAY, VM_CALLS, VM_CALLS_TO_MIGRATE, VM_RUNS, VM_RUNS_MIGRATED };

struct node {
	struct agent agent;
	struct member member;
	bool started;       /* the program has listed its blocks */
	mask used;          /* by endpoints without an owner */
	bool waits;         /* an ADD without an owner */
	mask file;          /* what the pool's file has for those */
	mask file_bound;    /* and for the VM's call; 0: nothing */
	bool file_shared;   /* the call is told that two may have it */
	uint64_t file_call; /* the number of that call */
	enum vm_state vm;
	uint64_t call; /* the number of the newest pod's call */
	mask vm_used;  /* by the VM's endpoint */
};

enum late_kind { LATE_NOTHING, LATE_PUT, LATE_DELETE, LATE_CREATE, LATE_UNBIND };
struct late {
	enum late_kind kind;
	struct address_block block;
	struct address_binding binding;
};

enum outcome { ANSWERED, ANSWER_LOST, HAPPENS_LATE };

struct world {
	struct node nodes[NODES];
	struct address_block block;
	struct address_binding binding;
	bool exists, bound; /* the block, the binding */
	unsigned versions;
	struct late late;
	bool gone;            /* the VM is deleted */
	enum outcome outcome; /* of the next write */
	bool wrote;
	bool raced; /* calls come right before the next time that a file is written */
};

extern struct world *world; /* that the engine's calls are for */
extern struct address_pool pool;
extern const struct engine_kind engine_model;
extern const char *guard; /* that is left out; "": none */
bool without(const char *name);

/* Let the late write happen. */
void late_happens(struct world *w);

#endif
