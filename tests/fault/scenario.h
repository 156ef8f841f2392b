/* SPDX-License-Identifier: Apache-2.0 */
/* Calls of a plugin as a runtime makes them, each with or without a fault. */
#ifndef TESTS_FAULT_SCENARIO_H
#define TESTS_FAULT_SCENARIO_H

#include "tests/fault/inject.h"
#include "tests/fault/world.h"

#include <limits.h>

struct scenario {
	const char *name;
	const char *program;
	const char *config;    /* without its closing brace; %s is the folder */
	const char *allocated; /* a macvtap that is on the host before ADD; NULL: none */
	bool pool;             /* the node holds addresses of the cluster's pool "lan" */
};

/* Each is played with ADD, DEL, CHECK and GC, the longest first. Ends with a row without name. */
extern const struct scenario scenarios[];

struct stage { /* where a scenario plays */
	const struct scenario *scenario;
	char program[PATH_MAX];
	char config[4096];
	char result[OUTPUT_MAX]; /* of the last ADD that succeeded; "" */
	struct places places;
	struct world before;
	struct outcome outcome; /* of the last call */
};

/* Opens the namespaces and sets the environment. */
void stage_open(struct stage *s, const struct scenario *scenario, const char *build,
                const char *folder);

/* Reads the world, without an allocated link that no ADD took over. */
void stage_look(const struct stage *s, struct world *w);

/* Calls the plugin: ADD, DEL, CHECK, or GC with nothing valid. Returns 0: it succeeded; 1: it
 * failed with an error object; 2: it was killed as intended; -1: it broke a promise, which was
 * printed. */
int stage_call(struct stage *s, const char *verb, const struct fault *fault);

/* The same in steps, for two overlapping calls: start it, continue it with program_go_on(), and
 * judge it when it has ended. */
void stage_begin(struct stage *s, const char *verb, const struct fault *fault, struct run *run,
                 struct outcome *outcome);
int stage_judge(struct stage *s, const char *verb, const struct run *run);

#endif
