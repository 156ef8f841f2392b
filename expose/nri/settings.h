/* SPDX-License-Identifier: Apache-2.0 */
/* What podtap-nri is told by its command line, and by the runtime that launches it. */
#ifndef EXPOSE_NRI_SETTINGS_H
#define EXPOSE_NRI_SETTINGS_H

#include "expose/metrics/metrics_place.h"

#include <stdbool.h>

struct settings {
	const char *socket; /* borrowed from the command line or the environment, as all texts */
	const char *name;
	const char *index;
	const char *probe;            /* the question of health_probe(); NULL: serve */
	int inherited;                /* the connection that a runtime launched us with; -1: none */
	struct metrics_place metrics; /* where metrics are served; without a text: nowhere */
	bool announced;               /* a guest's announcement sets its link down, too */
};

/* Reads the options, which precede the environment and the defaults. Returns -1 to go on, else the
 * exit code. */
int settings_read(struct settings *s, int argc, char **argv);

#endif
