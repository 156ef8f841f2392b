/* SPDX-License-Identifier: Apache-2.0 */
/* The frame of a CNI executable: dispatches one call and prints one JSON document or nothing. */
#ifndef CNI_PROGRAM_H
#define CNI_PROGRAM_H

#include "cni/request.h"

struct program {
	const char *name;
	const char *about;        /* one line */
	const struct verb *verbs; /* without VERSION; ends with a row without name */
	/* Called once a call has ended; may be NULL. f->code is 0 on success. */
	void (*ended)(const char *verb, const struct request *, const struct failure *);
};

/* Runs the call the environment describes. Returns the exit code: 0, or 1 after an error object was
 * printed. Without CNI_COMMAND and arguments: the about line and the versions on stderr, 0. */
int program_run(const struct program *p, int argc, char **argv);

/* Prints a document on stdout, whole or not at all as far as the kernel allows; a verb that made
 * something commits to it only after this succeeded. Code CNI_IO. */
int document_print(const cJSON *document, struct failure *f) MUST_CHECK;

#endif
