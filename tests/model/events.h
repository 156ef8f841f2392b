/* SPDX-License-Identifier: Apache-2.0 */
/* What can happen in a world. */
#ifndef TESTS_MODEL_EVENTS_H
#define TESTS_MODEL_EVENTS_H

#include "tests/model/world.h"

enum event {
	ADD_BEGINS,
	ADD_ENDS,
	ADD_GIVES_UP,
	DEL_FIRST,
	DEL_SECOND,
	KILLED,
	REBOOTED,
	PROOF_FAILS,
	POOL_TOLD,
	STEP,
	STEP_LOST,
	STEP_LATE,
	LATE_FIRST,
	EVENTS,
	ONE_HAS_ALL = EVENTS /* how a world may begin */
};
extern const char *const event_names[EVENTS + 1];

/* How a write ends. */
enum outcome { ANSWERED, ANSWER_LOST, HAPPENS_LATE, OUTCOMES };

/* Let an event of a node happen. Returns false if it cannot. */
bool happens(struct world *w, int i, enum event e);

/* The agent of a node: one step. Returns false if this outcome is impossible, or nothing happens.
 */
bool agent_step(struct world *w, int at, enum outcome how);

/* Let a late write happen. Returns false if this place has no late write. */
bool late_happens(struct world *w, int at);

/* Tell a node what the pool says. */
void pool_tell(struct world *w, int i);

#endif
