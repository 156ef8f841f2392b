/* SPDX-License-Identifier: Apache-2.0 */
/* Another program's process: it ends when we end, and we read what it prints until it has ended. */
#ifndef IPAM_CHILD_H
#define IPAM_CHILD_H

#include "base/owned.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Of what it says on stderr, the beginning and the end are kept. */
enum { CHILD_SAID_HEAD = 1024, CHILD_SAID = 3072 };

struct child {
	pid_t pid;   /* 0: it has not started, or was waited for */
	int process; /* pidfd */
	int out;     /* our ends of its stdout and stderr */
	int err;
	bool unread; /* nobody reads our own stderr: nothing more is passed on */
};

#define CHILD_CLOSED                                \
	{                                           \
		.process = -1, .out = -1, .err = -1 \
	}

/* What a process printed, and how it ended. */
struct child_report {
	char *text; /* its stdout, NUL-terminated; NULL: not kept, because of `error` */
	size_t length;
	size_t size;               /* allocated */
	int error;                 /* an errno; E2BIG: it printed more than `most` bytes */
	bool late;                 /* it did not end in time, and was killed */
	int status;                /* as waitpid() gives it */
	char said[CHILD_SAID + 1]; /* its stderr, NUL-terminated */
	size_t n_said;
	bool cut; /* something after the first CHILD_SAID_HEAD bytes is missing */
};

/* Starts a program with this stdin, in a process group of its own. The kernel kills it when our
 * process ends, unless the program gains capabilities by being executed. Returns 0 or an errno. */
int child_start(struct child *c, const char *path, const char *const *environment, int in);

/* Reads its stdout and stderr until it ends, or for so many seconds; then it is killed, with what
 * it started in its process group. Its stderr goes on to ours. Processes that it leaves behind do
 * not hold us up, even if they keep its stdout open. */
void child_hear(struct child *c, struct child_report *r, uint32_t seconds, size_t most);

/* Kills it if it was not waited for. */
void child_release(struct child *c);
void child_report_release(struct child_report *r);

#endif
