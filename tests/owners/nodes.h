/* SPDX-License-Identifier: Apache-2.0 */
/* What can happen to the nodes of the model. */
#ifndef TESTS_OWNERS_NODES_H
#define TESTS_OWNERS_NODES_H

#include "tests/owners/world.h"

enum event {
	VM_STARTS,
	VM_MIGRATES,
	VM_RESTARTS,
	VM_GETS,
	VM_GIVES_UP,
	VM_ENDS,
	ADD,
	DEL,
	KILLED,
	STEP,
	STEP_LOST,
	STEP_LATE,
	STEP_RACED,
	LATE,
	VM_DELETED,
	EVENTS
};
extern const char *const event_names[EVENTS];

void node_begin(struct node *n, int i);

/* Let an event of a node happen in the world. Returns false if it cannot. */
bool happens(int i, enum event e);

#endif
