/* SPDX-License-Identifier: Apache-2.0 */
/* The frame of a CNI executable: dispatches one call, and prints one JSON document or nothing. */
#ifndef CNI_PROGRAM_H
#define CNI_PROGRAM_H

#include "cni/request.h"

struct program {
	const char *name;
	const char *about;            /* one line */
	const struct cni_verb *verbs; /* without VERSION; the last row has no name */
	/* Called after each call; may be NULL. f->code is 0 on success. */
	void (*ended)(const char *verb, const struct request *, const struct failure *);
};

/* Run the call that the environment describes. Returns the exit code: 0, or 1 after it printed an
 * error object. Without CNI_COMMAND and arguments, prints the about line and the versions on
 * stderr, and returns 0. */
int program_run(const struct program *p, int argc, char **argv);

/* Prepare the process: open the standard streams that were closed, turn a write to a closed stdout
 * into an error, so that the call undoes its work, and run `on_abort` on SIGABRT. */
void program_begin(void (*on_abort)(int));

/* Print a document on stdout, all or nothing as far as the kernel allows. A verb commits what it
 * made only after this succeeds. Returns 0, or -1 (CNI_IO). */
int document_print(const cJSON *document, struct failure *f) MUST_CHECK;

#endif
